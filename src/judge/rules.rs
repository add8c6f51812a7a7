//! The rules of `audit`. A test writes `docs/audit.md` from them.

use super::code_rules::DEVICE_CODE;
use super::system_rules::SYSTEMS;
use crate::findings::{RuleTable, rules};

rules! {
SYMBOL_VERSION = "symbol-version" Error "a symbol version that the required tag does not promise"
    "The library of an older system lacks it, and the loader refuses the file there."
    "build it on a system with older libraries, such as the image of that policy, or require a later tag" "auditwheel";
EXTERNAL_LIBRARY = "external-library" Error "a library that is not in the wheel, and that the required tag does not promise"
    "The file does not load on a system without the library, or with another version of it."
    "graft it with `wheelworks repair`, pass `--provided-by` the wheel in Requires-Dist that brings it, or link it statically" "auditwheel";
BLACKLISTED_SYMBOL = "blacklisted-symbol" Error "a symbol that some builds of a promised library lack"
    "The file does not load, or fails later, on a system with such a build."
    "link that library statically, or use its public functions" "auditwheel";
ISA_LEVEL = "isa-level" Error "a file that asks for a newer processor than the tag promises"
    "The loader refuses it on older processors."
    "compile without `-march`, choose the code path at run time, or accept it with `--disable-isa-ext-check`" "auditwheel";
PYFPE = "pyfpe" Error "an extension module for a Python that was configured `--with-fpectl`"
    "It does not load in any other Python."
    "build it with a Python that was not: PEP 513" "auditwheel";
UCS2 = "ucs2" Error "an extension module for a Python 2 with narrow Unicode (UCS-2)"
    "It does not load in a Python with wide Unicode."
    "build it with a Python that was configured `--enable-unicode=ucs4`: PEP 513" "auditwheel";
ABI3_SYMBOL = "abi3-symbol" Warning "a symbol of Python that the stable ABI of the wheel's tag does not have"
    "A later Python may drop or change it. It is an error if a Python that installs the wheel has no such symbol: there, the import fails."
    "define `Py_LIMITED_API`, and build the wheel for each version of Python if it needs more than that" "abi3audit";
ABI3_VERSION = "abi3-version" Warning "a symbol that joined the stable ABI after the version in the wheel's tag"
    "Older Pythons that install the wheel do not promise it. It is an error if one of them has no such symbol: there, the import fails."
    "set `Py_LIMITED_API` to the version of the tag, or tag the wheel for the later version" "abi3audit";
ABI3_FREE_THREADED = "abi3-free-threaded" Error "a module for the stable ABI in a wheel for free-threaded CPython 3.13 or 3.14"
    "These builds import `.abi3.so`, but lay out objects in another way: the process crashes."
    "build the module for that Python without `Py_LIMITED_API`; 3.15 has `abi3t`: PEP 803" "";
WRONG_PLATFORM = "wrong-platform" Error "a required tag for another system, C library or machine than the wheel"
    "The code does not run on the platform of the tag."
    "build the wheel on the platform of the tag, or require a tag of the platform that it was built on" "";
DRIVER_IN_WHEEL = "driver-in-wheel" Error "a library of the NVIDIA driver in the wheel"
    "It must match the kernel module of the machine, and hides the library that does."
    "leave it out of the wheel: `--exclude` it when you repair, and load it with dlopen at run time" "";
HOST_ONLY_LIBRARY = "host-only-library" Warning "a library that was found on this machine only"
    "The file loads here, and not on a system without the library."
    "graft it with `wheelworks repair`, depend on a wheel that has it, or link it statically" "";
ABSOLUTE_RUNPATH = "absolute-runpath" Warning "a search path for libraries that does not start at the file"
    "The directory is missing on other machines, or any user can put a library there."
    "link with `-Wl,-rpath,'$ORIGIN/…'`, or remove the entry: `patchelf --set-rpath`" "";
RPATH_LEAVES_WHEEL = "rpath-leaves-wheel" Warning "a search path for libraries that leaves the directory of wheels"
    "What is there depends on where Python is installed."
    "count the `..`: `$ORIGIN` is the directory of this file" "";
LOST_ONCE_INSTALLED = "lost-once-installed" Error "a library that the file finds in the archive, and not once the wheel is installed"
    "The file does not load: installers move the files of `*.data` to site-packages, `bin` and the prefix."
    "let `$ORIGIN` start where the file is once installed; a script can only reach site-packages of one version of Python, so install the program in the package and start it from there" "";
FOUND_ONCE_INSTALLED = "found-once-installed" Info "a library that the file finds once the wheel is installed, and not in the archive"
    "`auditwheel` refuses the wheel, although it works."
    "nothing; or put both files into the same directory of the archive" "";
NEEDED_SLASH = "needed-slash" Warning "a needed library that is named by a path"
    "The loader opens that path and searches no directory, so it finds the library on the build machine only."
    "link against a library with a soname, or `patchelf --replace-needed`" "";
EXECUTABLE_STACK = "executable-stack" Warning "a file that asks for an executable stack"
    "glibc 2.41 and later refuse to load it with dlopen; the stack of the whole process loses its protection."
    "link with `-Wl,-z,noexecstack`; assembly files need a `.note.GNU-stack` section" "";
TEXT_RELOCATIONS = "text-relocations" Warning "a file with relocations in its code"
    "The loader must make the code writable. SELinux forbids it, and processes cannot share the code."
    "compile everything that goes into it with `-fPIC`" "";
SEGMENT_NOT_MAPPABLE = "segment-not-mappable" Error "a segment that loaders refuse to map, or map wrongly"
    "The file does not load: `ELF load command address/offset not page-aligned`."
    "link it again; `strip` and old versions of `patchelf` damage files that were patched before: strip first" "";
PAGE_SIZE = "page-size" Warning "a file that is linked for smaller pages than the machine's kernels may have"
    "Loaders refuse it where pages are larger: aarch64 has kernels with 16 and 64 KiB."
    "link it with `-Wl,-z,max-page-size=65536`, and patch it with `patchelf --page-size 65536`" "";
RELR_WITHOUT_VERSION = "relr-without-version" Error "packed relocations (`DT_RELR`) without the version that stands for them"
    "Loaders that do not know `DT_RELR` load the file without its relocations, and the process crashes."
    "link it with `-Wl,-z,pack-relative-relocs`, which adds the version, or with `-Wl,-z,nopack-relative-relocs`" "";
MALFORMED_TABLE = "malformed-table" Warning "a table of hashes or versions that contradicts the rest of the file"
    "Loaders skip it or fail; the audit does without it."
    "link it again, with another linker if need be" "";
WRONG_LIBC = "wrong-libc" Warning "a file for another C library than the rest of the wheel"
    "It does not load where the others do. The verdict leaves it out."
    "link it with the C library that the rest of the wheel is for, or leave it out" "";
FOREIGN_ELF = "foreign-elf" Info "a file for another machine than the rest of the wheel"
    "It does not load where the others do. The verdict leaves it out."
    "nothing, if it is data: firmware, test files, code for another system" "";
NOT_IN_RECORD = "not-in-record" Warning "an ELF file that RECORD does not name"
    "It is installed, but `auditwheel` neither audits nor repairs it."
    "regenerate RECORD with `wheel unpack` and `wheelworks pack`" "";
RECORD_WITHOUT_FILE = "record-without-file" Warning "a file that RECORD names and that is not in the wheel"
    "A file may be lost."
    "regenerate RECORD with `wheel unpack` and `wheelworks pack`" "";
}

/// Every rule, in the order of the documentation.
pub static RULES: RuleTable = RuleTable {
    groups: &[ALL, SYSTEMS, DEVICE_CODE],
    hint: "such as `symbol-version` or `external`; docs/audit.md lists them",
};
