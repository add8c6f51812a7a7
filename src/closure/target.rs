//! The environment that a closure is judged for: a Python, a machine and a C library. It follows from the tags of the
//! given wheels.

use crate::elf::ElfFacts;
use crate::platform::{Libc, Machine};
use crate::wheel::{
    AbiTag, MarkerEnvironment, PlatformTag, PythonTag, PythonVersion, Tag, WheelTags,
};

/// The Python where the tags of all given wheels leave the version open: the oldest whose releases still get more
/// than security fixes, or the next one that fits.
const DEFAULT_PYTHON: (u16, u16) = (3, 12);

/// The first minor version of CPython 3 that installs wheels with `abi3t` (PEP 803).
const FIRST_ABI3T: u16 = 15;

/// The environment that the wheels are installed in.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) python: PythonVersion,
    pub(super) machine: Machine,
    pub(super) libc: Libc,
    pub(super) markers: MarkerEnvironment,
    /// Whether platlib and purelib are two directories: `lib64` and `lib`.
    pub(super) platlib_differs: bool,
}

impl Target {
    /// Returns the environment that the first of these wheels is for that names one. `python` is for tags that leave
    /// the version open, and for choosing among those of one wheel.
    pub(super) fn of(
        tags: &[&WheelTags],
        python: Option<PythonVersion>,
        platlib_differs: bool,
    ) -> Self {
        let platforms = || tags.iter().flat_map(|tags| tags.platforms());
        let machine = platforms().find_map(|tag| tag.is_linux().then(|| tag.machine()).flatten());
        let machine = machine.unwrap_or(Machine::X86_64);
        let libc = platforms().find_map(|tag| tag.libc()).unwrap_or(Libc::Glibc);
        let python = python
            .or_else(|| tags.iter().find_map(|tags| only_python(tags)))
            .unwrap_or_else(|| lowest_python(tags));
        let markers = MarkerEnvironment::linux(&python, machine);
        Self { python, machine, libc, markers, platlib_differs }
    }

    /// Returns whether an installer in this environment takes a wheel with these tags. The version of the C library
    /// does not matter: a closure needs the newest that one of its wheels asks for.
    pub(super) fn installs(&self, tags: &WheelTags) -> bool {
        tags.expand().any(|tag| self.installs_tag(tag))
    }

    fn installs_tag(&self, tag: Tag<'_>) -> bool {
        let (Ok(python), Ok(abi)) = (tag.python.parse(), tag.abi.parse()) else { return false };
        self.has_platform(&PlatformTag::parse_lenient(tag.platform)) && self.has_abi(&python, &abi)
    }

    fn has_platform(&self, tag: &PlatformTag) -> bool {
        *tag == PlatformTag::Any
            || tag.is_linux()
                && tag.may_run(self.machine)
                && tag.libc().is_none_or(|libc| libc == self.libc)
    }

    fn has_abi(&self, python: &PythonTag, abi: &AbiTag) -> bool {
        let (major, minor) = self.python.numbers();
        let threaded = self.python.is_free_threaded();
        let reaches = |of: (u8, u8)| u16::from(of.0) == major && u16::from(of.1) <= minor;
        let is = |of: (u8, u8)| u16::from(of.0) == major && u16::from(of.1) == minor;
        match (python, abi) {
            (PythonTag::Language { major: of, minor: least }, AbiTag::None) => {
                u16::from(*of) == major && least.is_none_or(|least| u16::from(least) <= minor)
            }
            (PythonTag::CPython { major: of, minor: least }, AbiTag::None) => is((*of, *least)),
            (PythonTag::CPython { major: of, minor: least }, AbiTag::Abi3) => {
                !threaded && reaches((*of, *least))
            }
            (PythonTag::CPython { major: of, minor: least }, AbiTag::Abi3t) => {
                minor >= FIRST_ABI3T && reaches((*of, *least))
            }
            (PythonTag::CPython { .. }, AbiTag::CPython { major: of, minor: exact, flags }) => {
                is((*of, *exact)) && flags.contains('t') == threaded && !flags.contains('d')
            }
            _ => false,
        }
    }

    /// Returns whether a process of this environment can load a file.
    pub(super) fn runs(&self, facts: &ElfFacts) -> bool {
        facts.platform.machine == Some(self.machine)
    }
}

/// Returns the one version of CPython that a wheel is for.
fn only_python(tags: &WheelTags) -> Option<PythonVersion> {
    let mut versions = tags.expand().filter_map(|tag| match tag.abi.parse() {
        Ok(AbiTag::CPython { major, minor, flags }) => {
            let version = PythonVersion::new(major.into(), minor.into());
            Some(if flags.contains('t') { version.free_threaded() } else { version })
        }
        Ok(AbiTag::None) => match tag.python.parse() {
            Ok(PythonTag::CPython { major, minor }) => {
                Some(PythonVersion::new(major.into(), minor.into()))
            }
            _ => None,
        },
        _ => None,
    });
    let first = versions.next()?;
    versions.all(|version| version == first).then_some(first)
}

/// Returns the default version of Python, or the lowest that all of these wheels are for if that is later.
fn lowest_python(tags: &[&WheelTags]) -> PythonVersion {
    let lowest = tags.iter().filter_map(|tags| {
        let versions = tags.python().iter().filter_map(|tag| match tag.parse() {
            Ok(PythonTag::CPython { major: 3, minor }) => Some(u16::from(minor)),
            Ok(PythonTag::Language { major: 3, minor }) => Some(minor.unwrap_or(0).into()),
            _ => None,
        });
        versions.min()
    });
    let (major, default) = DEFAULT_PYTHON;
    PythonVersion::new(major, lowest.max().map_or(default, |minor| minor.max(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> WheelTags {
        text.parse().unwrap()
    }

    #[test]
    fn the_environment_follows_from_the_tags() {
        for (given, python, expected) in [
            (&["cp311-cp311-manylinux_2_28_aarch64"][..], None, "3.11 aarch64 glibc"),
            (&["py3-none-any", "cp313-cp313t-musllinux_1_2_x86_64"], None, "3.13t x86_64 musl"),
            (&["py3-none-manylinux_2_27_x86_64"], None, "3.12 x86_64 glibc"),
            (&["py3-none-manylinux_2_27_x86_64"], Some("3.10"), "3.10 x86_64 glibc"),
            (&["cp38-abi3-linux_x86_64"], None, "3.12 x86_64 glibc"),
            (&["cp314-abi3-linux_x86_64"], None, "3.14 x86_64 glibc"),
            (&["py3-none-any", "cp310-cp310-linux_x86_64"], None, "3.10 x86_64 glibc"),
        ] {
            let parsed: Vec<WheelTags> = given.iter().map(|text| tags(text)).collect();
            let python = python.map(|text: &str| text.parse().unwrap());
            let target = Target::of(&parsed.iter().collect::<Vec<_>>(), python, false);
            let found = format!("{} {} {}", target.python, target.machine, target.libc);
            assert_eq!(found, expected, "{given:?}");
        }
    }

    #[test]
    fn wheels_are_installed_by_their_tags() {
        let target = |python: &str| {
            let first = tags("py3-none-manylinux_2_17_x86_64");
            Target::of(&[&first], Some(python.parse().unwrap()), false)
        };
        for (text, python, expected) in [
            ("py3-none-any", "3.12", true),
            ("py2.py3-none-any", "3.12", true),
            ("py2-none-any", "3.12", false),
            ("py311-none-any", "3.12", true),
            ("py313-none-any", "3.12", false),
            ("cp312-cp312-manylinux_2_28_x86_64", "3.12", true),
            ("cp312-cp312-manylinux_2_28_aarch64", "3.12", false),
            ("cp312-cp312-musllinux_1_2_x86_64", "3.12", false),
            ("cp312-cp312-linux_x86_64", "3.12", true),
            ("cp312-cp312-win_amd64", "3.12", false),
            ("cp311-cp311-linux_x86_64", "3.12", false),
            ("cp38-abi3-linux_x86_64", "3.12", true),
            ("cp38-abi3-linux_x86_64", "3.13t", false),
            ("cp313-abi3-linux_x86_64", "3.12", false),
            ("cp313-cp313t-linux_x86_64", "3.13t", true),
            ("cp313-cp313t-linux_x86_64", "3.13", false),
            ("cp315-abi3.abi3t-linux_x86_64", "3.15t", true),
            ("pp310-pypy310_pp73-linux_x86_64", "3.10", false),
        ] {
            assert_eq!(target(python).installs(&tags(text)), expected, "{text} for {python}");
        }
    }
}
