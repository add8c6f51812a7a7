//! The rules of `closure`. A test writes `docs/closure.md` from them.

use crate::findings::{RuleTable, rules};

mod loading {
    use crate::findings::rules;

    rules! {
    LIBRARY_NOT_FOUND = "library-not-found" Error "a needed library that no wheel of the closure has"
        "The platform tag does not promise it either: `cannot open shared object file`."
        "require the wheel that brings it and give it with `--with`, graft it with `wheelworks repair`, or link it statically" "";
    LIBRARY_NOT_ON_PATH = "library-not-on-path" Error "a needed library that is installed where the loader does not search"
        "`cannot open shared object file`, although it is installed, unless something loaded it before."
        "link with `-Wl,-rpath,'$ORIGIN/…'` to its directory, or load it first with `ctypes.CDLL` and say so with `--preloaded`" "";
    PLUGIN_LIBRARY_NOT_FOUND = "plugin-library-not-found" Warning "a library that no other file needs, and that needs one that no wheel has"
        "It loads only where the system has that library. Plug-ins for optional hardware are like this."
        "nothing, if it is optional; pass `--exclude` the library that the system brings" "";
    PLUGIN_LOADS_AFTER_HOST = "plugin-loads-after-host" Warning "a library that no other file needs, and that does not find one of its own wheel"
        "It loads only in a process that has loaded that library. Plug-ins are like this: their host loads them."
        "nothing, if its host loads it; or link it with `-Wl,-rpath,'$ORIGIN/…'`" "";
    FILE_NOT_LOADABLE = "file-not-loadable" Error "a file that the loader refuses, itself or in place of a needed library"
        "It searches no further: `invalid ELF header`, `cannot dynamically load executable`, `cannot be dlopen()ed`."
        "pack the library itself, not a linker script, a text, an object file or a program; link without `-z nodlopen`" "";
    NEEDED_BY_PATH = "needed-by-path" Error "a needed library that is named by a path of the machine that built the file"
        "The loader opens that path and searches no directory."
        "link against a library with a soname, or `patchelf --replace-needed`" "";
    UNDEFINED_SYMBOL = "undefined-symbol" Error "a symbol that no file in its scope defines"
        "The loader refuses the file: `undefined symbol`. Often a library is older, or newer, than the one it was linked with."
        "require the version of the wheel that defines it, or link with the library that does" "";
    SYMBOL_VERSION_NOT_FOUND = "symbol-version-not-found" Error "a symbol version that the library in the closure does not define"
        "The loader refuses the file: ``version `X' not found``."
        "require a version of the wheel that defines it" "";
    VERSION_NOT_PROMISED = "version-not-promised" Warning "a symbol version of a system library that the wheel's platform tag does not promise"
        "The file does not load on the oldest systems that install the wheel."
        "`wheelworks audit --require-declared` lists what to change" "";
    LOADS_AFTER_OTHERS = "loads-after-others" Info "a library that loads only in a process that has loaded others"
        "Files of the closure that need it load it so. Loaded alone, with `ctypes.CDLL`, it fails."
        "nothing, if it is never loaded alone; or give it a RUNPATH and the libraries that it uses as needed" "";
    NEEDS_DRIVER = "needs-driver" Info "a file that needs a library of a driver"
        "It does not load on a machine without that driver, such as one without a GPU."
        "nothing, if it is loaded on such machines only; or open the driver's library with `dlopen`" "";
    MAY_OPEN_LIBRARY = "may-open-library" Info "a file with the name of a library among its string literals"
        "It may open that library with `dlopen`. The name may also be in a message or in a list of names to try."
        "nothing, if the library is optional; else require the wheel that brings it, and give the file a RUNPATH to it" "";
    MAY_PRELOAD_LIBRARY = "may-preload-library" Info "an `__init__.py` with the name of a library in a call of `ctypes`"
        "It may load that library before others, which then find it by its soname. Whether it does is not known."
        "if it does, pass `--preloaded` with the package that has the library" "";
    NEEDS_LIBPYTHON = "needs-libpython" Warning "a file that needs libpython"
        "Interpreters that are linked statically have no such library, and the file does not load."
        "link extension modules without libpython: PEP 513" "";
    }

    pub(in crate::closure) static LOADING: &[&crate::findings::Rule] = ALL;
}

mod wheels {
    use crate::findings::rules;

    rules! {
    WHEEL_MISSING = "wheel-missing" Warning "a required package without a wheel at hand"
        "What it brings is not known. A library that only it has is not found."
        "give it with `--with`, or ignore this rule if it has no machine code" "";
    REQUIREMENT_NOT_MET = "requirement-not-met" Error "a requirement that no wheel at hand meets"
        "An installer would refuse these wheels together."
        "give a version that the requirement admits, or change the requirement" "";
    FLOOR_TOO_LOW = "floor-too-low" Error "a requirement that admits a version with which the wheel does not load"
        "Installers keep an installed version that the requirement admits, and import then fails."
        "raise the lower bound of the requirement in METADATA" "";
    FILE_IN_TWO_WHEELS = "file-in-two-wheels" Warning "a path for which two wheels have different files"
        "The wheel that is installed last wins, and removing one of them removes the other's file."
        "give each wheel its own directory" "";
    WHEEL_SKIPPED = "wheel-skipped" Info "a wheel at hand for another Python, machine or C library"
        "It is not in the closure."
        "nothing, or choose another environment with `--python-version`" "";
    WHEEL_NOT_REQUIRED = "wheel-not-required" Info "a wheel of `--with` that no wheel of the closure requires"
        "It is not in the closure: an installer would not install it."
        "add the requirement to METADATA, pass `--extra`, or give the wheel beside the first one" "";
    }

    pub(in crate::closure) static WHEELS: &[&crate::findings::Rule] = ALL;
}

rules! {
BUILD_MACHINE_PATH = "build-machine-path" Warning "a search path with a directory of the machine that built the file"
    "The loader searches it first on every machine; where it exists, another library may be found there."
    "link with `-Wl,-rpath,'$ORIGIN/…'`, or remove the entry: `patchelf --set-rpath`" "";
PATH_LEAVES_PREFIX = "path-leaves-prefix" Warning "a search path that leaves the environment"
    "What is there depends on where the environment is."
    "count the `..`: `$ORIGIN` is the directory of the installed file" "";
RUNPATH_OVERRIDABLE = "runpath-overridable" Info "a library of another wheel that is found by RUNPATH, which `LD_LIBRARY_PATH` precedes"
    "Where that names a directory with another version, such as a CUDA toolkit's, the loader takes that one."
    "link with `-Wl,--disable-new-dtags` to get RPATH, or load the library first" "";
PLATLIB_TO_PURELIB = "platlib-to-purelib" Info "a search path that leads from platlib to purelib, or back"
    "Where these are two directories, as `lib64` and `lib` on Fedora's system Python, it finds nothing: see `--platlib-differs`."
    "set `Root-Is-Purelib` alike in both wheels, or load the library by its path first" "";
SONAME_TWICE = "soname-twice" Warning "two files with one soname"
    "The loader takes the one that a process loads first for both, and which that is depends on the order of imports."
    "keep one copy, or give a private copy a soname of its own, as `wheelworks repair` does" "";
COPY_WITHOUT_VERSION = "copy-without-version" Warning "a library under a name with a version and, as a second file, without it"
    "A process can load both: two copies of its state. Wheels have no symbolic links, so links become copies."
    "leave the name without the version out of the wheel; only link editors need it" "";
SYMBOL_CLASH = "symbol-clash" Warning "exported symbols that two wheels share"
    "If one is loaded with RTLD_GLOBAL, the other calls its functions, of another version: processes crash."
    "export only the functions of the interface: `-fvisibility=hidden`, `-Wl,--exclude-libs,ALL`, a version script" "";
TWO_OPENMP_RUNTIMES = "two-openmp-runtimes" Warning "two OpenMP runtimes"
    "Each starts its own threads; a process with LLVM's runtime twice is aborted (`OMP: Error #15`), and two kinds can deadlock after `fork`."
    "use one runtime in all wheels, from one wheel that the others require" "";
STATIC_TLS = "static-tls" Warning "more static thread-local storage than loaders keep for libraries that are loaded later"
    "`cannot allocate memory in static TLS block`, depending on the order of imports."
    "compile without `-ftls-model=initial-exec`, or with `-mtls-dialect=gnu2`" "";
SMALL_PAGES = "small-pages" Warning "a file for aarch64 that is linked for smaller pages than 64 KiB"
    "It does not load on kernels with pages of 64 KiB."
    "link it with `-Wl,-z,max-page-size=65536`" "";
WRITABLE_CODE = "writable-code" Warning "a file with relocations in its code (`DT_TEXTREL`)"
    "The loader must make the code writable, which SELinux forbids."
    "compile everything that goes into it with `-fPIC`" "";
EXECUTABLE_STACK_NEEDED = "executable-stack-needed" Warning "a library that asks for an executable stack"
    "glibc 2.41 and later refuse to load it with dlopen."
    "link with `-Wl,-z,noexecstack`" "";
}

pub(super) use self::loading::*;
pub(super) use self::wheels::*;

/// Every rule, in the order of the documentation.
pub static RULES: RuleTable = RuleTable {
    groups: &[LOADING, WHEELS, ALL],
    hint: "such as `undefined-symbol` or `library`; docs/closure.md lists them",
};
