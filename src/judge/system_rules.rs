//! The rules of `audit` about wheels for macOS, iOS and Windows.

use crate::findings::rules;

rules! {
CPU_MISSING = "cpu-missing" Error "a Mach-O or PE file without code for a CPU of the required tag"
    "Installers take the wheel on that CPU, and the file does not load there."
    "build it for each CPU of the tag, such as `-arch x86_64 -arch arm64` for `universal2`, or name the wheel for the CPUs that it has" "delocate";
FOREIGN_OBJECT = "foreign-object" Info "a Mach-O or PE file for another CPU or system than the tag's, that no file of the wheel loads"
    "It does not load where the others do."
    "nothing, if it is data: a launcher, test files, code for another system" "";
MACOS_VERSION = "macos-version" Error "code that needs a newer macOS or iOS than the required tag says"
    "Installers take the wheel on the older system, where functions that it uses are missing."
    "set `MACOSX_DEPLOYMENT_TARGET` when you build it and its libraries, or name the wheel for the newer system: `wheelworks retag`" "delocate";
CODE_UNSIGNED = "code-unsigned" Error "code for Macs with ARM processors that has no signature"
    "Their kernel refuses it: the process is killed. Tools that change a file remove its signature."
    "sign it as the last step: `codesign --force --sign -`" "";
OBJECT_DAMAGED = "object-damaged" Error "a Mach-O or PE file that is damaged"
    "The loader refuses it."
    "build or copy it again; it may have been cut short" "";
C_RUNTIME = "c-runtime" Error "a library of the Visual C++ runtime that neither the wheel, nor Windows, nor Python has"
    "The file does not load where the Visual C++ Redistributable is not installed."
    "graft it with `delvewheel repair`, or link it statically: `/MT`" "delvewheel";
DEBUG_RUNTIME = "debug-runtime" Error "a file that is linked with a debug build of the C runtime or of Python"
    "Debug builds come with Visual Studio only, and may not be distributed."
    "build it in release mode: `/MD`, without `_DEBUG`" "";
PYTHON_LIBRARY = "python-library" Error "an extension module that is linked with the library of another Python than the wheel's"
    "It does not load, or brings a second Python into the process."
    "build it with the Python that the wheel is for" "";
}

/// Every rule about wheels for macOS, iOS and Windows.
pub(super) static SYSTEMS: &[&crate::findings::Rule] = ALL;
