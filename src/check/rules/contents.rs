//! Rules about the content of a wheel: those of check-wheel-contents, and some more.

use crate::findings::rules;

rules! {
BYTECODE = "bytecode" Warning "compiled Python (`.pyc`, `.pyo`)"
    "It works with one version of Python only; installers compile the source again."
    "Leave `__pycache__` out." "check-wheel-contents W001";
DUPLICATE_FILES = "duplicate-files" Info "files with the same content"
    "Each is downloaded and installed. Copies of versioned libraries may be symbolic links that the build followed."
    "Keep one, and load or import it from there." "check-wheel-contents W002";
TOPLEVEL_FILE = "toplevel-file" Warning "a top-level file that is not a module"
    "It is installed directly into site-packages, among the files of all other projects."
    "Move it into the package, or into the data directory." "check-wheel-contents W003";
MODULE_PATH = "module-path" Info "a module under a path that cannot be imported"
    "A part of the path is a keyword or not an identifier."
    "Rename it. Ignore this for files that are data." "check-wheel-contents W004";
TOPLEVEL_COMMON = "toplevel-common" Warning "a top-level name that many projects use"
    "Two wheels with `tests` or `docs` overwrite each other's files."
    "Leave it out of the wheel, or move it into the package." "check-wheel-contents W005";
TOPLEVEL_INIT = "toplevel-init" Warning "a top-level `__init__.py`"
    "It turns site-packages itself into a package."
    "Pack the package's directory, not its content." "check-wheel-contents W006";
LIBRARY_EMPTY = "library-empty" Info "nothing to import"
    "Nothing is installed into site-packages, which may be an error of the build."
    "Ignore this if the wheel holds programs or data, or is there for its requirements only." "check-wheel-contents W007";
WHEEL_EMPTY = "wheel-empty" Info "nothing but metadata"
    "Nothing is installed, which may be an error of the build."
    "Ignore this if the wheel is there for its requirements only." "check-wheel-contents W008";
TOPLEVEL_SEVERAL = "toplevel-several" Info "several top-level packages or modules"
    "One of them may be there by mistake."
    "List the expected names with `--toplevel`." "check-wheel-contents W009";
TOPLEVEL_NO_MODULES = "toplevel-no-modules" Info "a top-level directory without a Python module"
    "It is installed directly into site-packages, among the files of all other projects."
    "Move it into the package, or into the data directory." "check-wheel-contents W010";
SOURCE_MISSING = "source-missing" Error "a file of the source tree that is not in the wheel"
    "`--src-dir` or `--package` has it."
    "Add it to the wheel, or leave it out with `--package-omit`." "check-wheel-contents W101";
SOURCE_EXTRA = "source-extra" Error "a file that is not in the source tree"
    "`--src-dir` or `--package` does not have it; it may be left from another build."
    "Build from a clean directory." "check-wheel-contents W102";
TOPLEVEL_MISSING = "toplevel-missing" Error "a name of `--toplevel` that is not in the wheel"
    "`--toplevel` names it."
    "Add it to the wheel." "check-wheel-contents W201";
TOPLEVEL_UNDECLARED = "toplevel-undeclared" Error "a top-level name that `--toplevel` does not list"
    "It may be there by mistake."
    "Remove it, or add it to `--toplevel`." "check-wheel-contents W202";
BAZEL_LINKS = "bazel-links" Warning "a directory of Bazel's links to libraries (`_solib_*`)"
    "Bazel makes it beside a program for the program's own RUNPATH; an installed library is not found there."
    "Leave it out, and put the library where a RUNPATH such as `$ORIGIN` leads." "";
BAZEL_FILE = "bazel-file" Warning "a file of a Bazel workspace"
    "Where Bazel unpacks the wheel, the file makes a package or repository of its directory, and rules do not find the files in it."
    "Leave it out." "";
NESTED_ARCHIVE = "nested-archive" Info "an archive in the wheel"
    "Scanners and licence tools may not look into it."
    "Pack its content, unless it is data." "";
}
