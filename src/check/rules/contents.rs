//! Rules of what a wheel holds: those of check-wheel-contents, and some more.

use crate::findings::rules;

rules! {
BYTECODE = "bytecode" Warning "compiled Python (`.pyc`, `.pyo`)"
    "It is for one version of Python; installers compile anew."
    "Leave `__pycache__` out." "check-wheel-contents W001";
DUPLICATE_FILES = "duplicate-files" Info "files of the same content"
    "Each is downloaded and installed; versioned libraries may be links that were followed."
    "Keep one, and load or import it from there." "check-wheel-contents W002";
TOPLEVEL_FILE = "toplevel-file" Warning "a file beside the packages that is no module"
    "It lands in site-packages itself, among the files of all others."
    "Move it into the package, or into the data directory." "check-wheel-contents W003";
MODULE_PATH = "module-path" Info "a module under a path that cannot be imported"
    "A part of the path is no identifier, or a keyword."
    "Rename it, or ignore this for files that are data." "check-wheel-contents W004";
TOPLEVEL_COMMON = "toplevel-common" Warning "a name at the top that many projects have"
    "Two wheels with `tests` or `docs` overwrite each other's files."
    "Leave it out of the wheel, or move it into the package." "check-wheel-contents W005";
TOPLEVEL_INIT = "toplevel-init" Warning "`__init__.py` at the top"
    "It would make a package of site-packages itself."
    "Pack the directory, not what is in it." "check-wheel-contents W006";
LIBRARY_EMPTY = "library-empty" Info "nothing to import"
    "Nothing is installed into site-packages, which may be a mistake of the build."
    "Ignore this if the wheel holds programs or data, or is there for its requirements only." "check-wheel-contents W007";
WHEEL_EMPTY = "wheel-empty" Info "nothing but metadata"
    "Nothing is installed, which may be a mistake of the build."
    "Ignore this if the wheel is there for its requirements only." "check-wheel-contents W008";
TOPLEVEL_SEVERAL = "toplevel-several" Info "several packages or modules at the top"
    "One of them may have slipped in."
    "Say with `--toplevel` which there are to be." "check-wheel-contents W009";
TOPLEVEL_NO_MODULES = "toplevel-no-modules" Info "a directory at the top without a Python module"
    "It lands in site-packages itself, among the files of all others."
    "Move it into the package, or into the data directory." "check-wheel-contents W010";
SOURCE_MISSING = "source-missing" Error "a file of the source tree that is not in the wheel"
    "It was asked for with `--src-dir` or `--package`."
    "Add it to the wheel, or leave it out with `--package-omit`." "check-wheel-contents W101";
SOURCE_EXTRA = "source-extra" Error "a file that is not in the source tree"
    "It was asked for with `--src-dir` or `--package`; it may be left from another build."
    "Build from a clean directory." "check-wheel-contents W102";
TOPLEVEL_MISSING = "toplevel-missing" Error "a name of `--toplevel` that is not in the wheel"
    "It was asked for."
    "Add it to the wheel." "check-wheel-contents W201";
TOPLEVEL_UNDECLARED = "toplevel-undeclared" Error "a name at the top that is not among `--toplevel`"
    "It was not asked for."
    "Leave it out, or name it." "check-wheel-contents W202";
NESTED_ARCHIVE = "nested-archive" Info "an archive in the wheel"
    "Scanners and licence tools may not look into it."
    "Pack what is in it, unless it is data." "";
}
