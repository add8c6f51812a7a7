//! The families of platform tags, from the first word of a tag.

/// The platforms whose tags a standard gives a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Any,
    Linux,
    Manylinux,
    Musllinux,
    Android,
    Macos,
    Ios,
    Windows,
    Wasm(WasmRuntime),
}

impl Family {
    /// Returns the family that a tag begins with.
    pub(super) fn of(tag: &str) -> Option<Self> {
        let first = tag.split('_').next()?;
        Some(match first {
            "any" => Self::Any,
            "linux" => Self::Linux,
            "android" => Self::Android,
            "macosx" => Self::Macos,
            "ios" => Self::Ios,
            "win" | "win32" => Self::Windows,
            "pyemscripten" => Self::Wasm(WasmRuntime::Pyemscripten),
            "pyodide" => Self::Wasm(WasmRuntime::Pyodide),
            "emscripten" => Self::Wasm(WasmRuntime::Emscripten),
            "wasi" => Self::Wasm(WasmRuntime::Wasi),
            // `manylinux2014`, and misspelt ones such as `manylinux2015`.
            _ if first.starts_with("manylinux") => Self::Manylinux,
            _ if first.starts_with("musllinux") => Self::Musllinux,
            _ => return None,
        })
    }
}

/// The manylinux tags from before PEP 600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LegacyManylinux {
    /// `manylinux1`: PEP 513.
    Manylinux1,
    /// `manylinux2010`: PEP 571.
    Manylinux2010,
    /// `manylinux2014`: PEP 599.
    Manylinux2014,
}

impl LegacyManylinux {
    /// Returns the glibc version that PEP 600 equates the tag with.
    #[must_use]
    pub const fn glibc(self) -> (u32, u32) {
        match self {
            Self::Manylinux1 => (2, 5),
            Self::Manylinux2010 => (2, 12),
            Self::Manylinux2014 => (2, 17),
        }
    }

    /// Returns whether the standard defines the tag for an architecture.
    #[must_use]
    pub fn has_architecture(self, architecture: &str) -> bool {
        match architecture {
            "i686" | "x86_64" => true,
            "aarch64" | "armv7l" | "ppc64" | "ppc64le" | "s390x" => self == Self::Manylinux2014,
            _ => false,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Manylinux1 => "manylinux1",
            Self::Manylinux2010 => "manylinux2010",
            Self::Manylinux2014 => "manylinux2014",
        }
    }
}

/// Where code for iOS runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IosSdk {
    /// `iphoneos`: on devices.
    Device,
    /// `iphonesimulator`: in the simulator.
    Simulator,
}

impl IosSdk {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Device => "iphoneos",
            Self::Simulator => "iphonesimulator",
        }
    }
}

/// A runtime for WebAssembly code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WasmRuntime {
    /// `pyemscripten`: PEP 783.
    Pyemscripten,
    /// `pyodide`: the tags before PEP 783.
    Pyodide,
    /// `emscripten`: one version of Emscripten.
    Emscripten,
    /// `wasi`: the WebAssembly System Interface.
    Wasi,
}

impl WasmRuntime {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Pyemscripten => "pyemscripten",
            Self::Pyodide => "pyodide",
            Self::Emscripten => "emscripten",
            Self::Wasi => "wasi",
        }
    }
}
