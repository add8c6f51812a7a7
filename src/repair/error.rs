//! Why a wheel cannot be repaired.
//!
//! Build scripts search for the sentences of `auditwheel`, so errors that it has as well have its words and its
//! exit codes.

use std::borrow::Cow;
use std::path::PathBuf;

use thiserror::Error;

use crate::elf_edit::EditError;
use crate::error::{Diagnose, ExitCode};
use crate::escape::{escape_path, escape_truncated};
use crate::judge::{Contents, Foreign};
use crate::platform::{Libc, Machine};
use crate::slash_path::file_name;
use crate::wheel::MemberPathError;

/// What forbids a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// Symbol versions.
    Symbols,
    /// Narrow Unicode.
    Ucs2,
    /// Symbols that not every build of a library has.
    Blacklist,
    /// The instruction set.
    Isa,
    /// `fpectl`.
    Pyfpe,
}

impl Forbidden {
    /// Returns the end of the sentence.
    const fn reason(self) -> &'static str {
        match self {
            Self::Symbols => {
                "because of the presence of too-recent versioned symbols. You'll need to compile \
                 the wheel on an older toolchain."
            }
            Self::Ucs2 => {
                "because it was compiled against a UCS2 build of Python. You'll need to compile \
                 the wheel against a wide-unicode build of Python."
            }
            Self::Blacklist => "because it depends on black-listed symbols.",
            Self::Isa => "because it depends on unsupported ISA extensions.",
            Self::Pyfpe => {
                "because it was compiled against a Python that was configured --with-fpectl. \
                 You'll need to compile the wheel against a Python without it."
            }
        }
    }
}

/// Why a wheel cannot be repaired.
#[derive(Debug, Error)]
pub(crate) enum RepairError {
    /// A path without a file.
    #[error("cannot access {}. No such file", escape_path(.0))]
    NoFile(PathBuf),
    /// An option in `--repair` of another command.
    #[error("--repair: {}", escape_truncated(.0))]
    Option(String),
    /// An option for one wheel.
    #[error("{option}: expected one wheel, found {found}")]
    OneWheel {
        /// The option.
        option: &'static str,
        /// The number of wheels.
        found: usize,
    },
    /// The repaired wheel has another name than its path.
    #[error("--out: expected the name `{}`, found `{}`", escape_truncated(name), escape_path(out))]
    OtherName {
        /// The name that the wheel gets.
        name: String,
        /// The path of `--out`.
        out: PathBuf,
    },
    /// A bad environment variable.
    #[error(
        "the environment variable {name}: expected {expected}, found `{}`",
        escape_truncated(value)
    )]
    Environment {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A tag that no wheel can be repaired for.
    #[error("--plat `{}`: expected a manylinux, musllinux or Android tag, or `auto`", escape_truncated(.0))]
    Platform(String),
    /// A bad pattern of `--keep-rpath`.
    #[error("--keep-rpath `{}`: {}", escape_truncated(.0), .1)]
    Pattern(String, &'static str),
    /// A tag of another machine.
    #[error(
        "can't repair wheel {} with {found} architecture to a wheel targeting {wanted}",
        escape_truncated(wheel)
    )]
    Machine {
        /// The wheel's name.
        wheel: String,
        /// Its machine.
        found: Machine,
        /// The machine of the requested tag.
        wanted: Machine,
    },
    /// A tag of another C library.
    #[error("can't repair wheel {} with {} libc to a wheel targeting {}", escape_truncated(wheel), upper(*found), upper(*wanted))]
    Libc {
        /// The wheel's name.
        wheel: String,
        /// Its C library.
        found: Libc,
        /// The C library of the requested tag.
        wanted: Libc,
    },
    /// The wheel has no ELF file for its platform.
    #[error("{}", no_elf(*machine, foreign))]
    NoElf {
        /// The wheel's machine, if its name says it.
        machine: Option<Machine>,
        /// The ELF files for other platforms.
        foreign: Vec<String>,
        /// Whether it is tagged `any`.
        is_pure: bool,
    },
    /// There is machine code in `*.data/purelib`.
    #[error(
        "Invalid binary wheel, found the following shared library/libraries in purelib folder:\n\t{}\n\
         The wheel has to be platlib compliant in order to be repaired by auditwheel.",
        listed(.0)
    )]
    Purelib(Vec<String>),
    /// There are no policies for the wheel's machine.
    #[error(
        "`{}`: expected a machine with platform tags for {libc}, found {machine}",
        escape_truncated(wheel)
    )]
    NoPolicy {
        /// The wheel's name.
        wheel: String,
        /// The C library.
        libc: Libc,
        /// The machine.
        machine: Machine,
    },
    /// The wheel does not meet the requested tag.
    #[error("cannot repair \"{}\" to \"{}\" ABI {}", escape_path(wheel), escape_truncated(plat), why.reason())]
    Policy {
        /// The wheel as given.
        wheel: PathBuf,
        /// The requested tag.
        plat: String,
        /// What forbids it.
        why: Forbidden,
    },
    /// A needed library was not found.
    #[error(
        "Cannot repair wheel, because required library \"{}\" could not be located",
        escape_truncated(soname)
    )]
    NotFound {
        /// The library.
        soname: String,
        /// The file that needs it, directly or not.
        member: String,
    },
    /// Another wheel brings a needed library, and METADATA does not require that wheel.
    #[error(
        "`{}` needs `{}`, which another wheel brings, and METADATA does not require that wheel",
        escape_truncated(member),
        escape_truncated(soname)
    )]
    MissingRequirement {
        /// The library.
        soname: String,
        /// The file that needs it, directly or not.
        member: String,
        /// The requirements that are missing; any of them suffices.
        requirements: Vec<String>,
    },
    /// A library of `--add-library` was not found.
    #[error("--add-library `{}`: no library of that name was found for the wheel's machine", escape_truncated(.0))]
    AddedNotFound(String),
    /// A directory of grafts that search paths cannot name.
    #[error(
        "the directory `{}` for grafts: expected a name without `:` and `$`, which have a meaning in search paths",
        escape_truncated(.0)
    )]
    Unsearchable(String),
    /// An Android version whose loader knows no RUNPATH.
    #[error("Grafting libraries with RUNPATH requires API level 24 or higher")]
    AndroidLevel,
    /// A file must be edited, and `--patcher none` forbids it.
    #[error("The 'none' patcher can't patch the following files:\n{}", escape_truncated(&.0.join(", ")))]
    NoPatcher(Vec<String>),
    /// The debug information of a file cannot be written.
    #[error("`{file}`: {source}")]
    Debug {
        /// The file, escaped.
        file: String,
        /// What is wrong.
        source: EditError,
    },
    /// A new member has an invalid path.
    #[error(transparent)]
    Path(#[from] MemberPathError),
    /// The repaired wheel does not meet its new tags, or breaks rules that the old one did not.
    #[error("the repaired wheel does not pass its checks, and is not written:\n{}", .0.trim_end())]
    Rejected(String),
    /// Two different libraries would have one name.
    #[error(
        "two libraries would be grafted as `{}`: {} and {}",
        escape_truncated(name),
        escape_path(first),
        escape_path(second)
    )]
    SameName {
        /// The name.
        name: String,
        /// One of them.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
}

impl RepairError {
    /// Returns the error for a wheel without machine code for its platform.
    pub(super) fn without_code(
        machine: Option<Machine>,
        foreign: &[Foreign],
        contents: &Contents,
    ) -> Self {
        let is_pure = contents.platform_tags().iter().all(|tag| *tag == "any");
        let foreign = foreign.iter().map(|it| file_name(&it.path).to_owned()).collect();
        Self::NoElf { machine, foreign, is_pure }
    }

    /// Returns whether the wheel has no machine code and is tagged `any`.
    pub(super) const fn is_pure(&self) -> bool {
        matches!(self, Self::NoElf { is_pure: true, .. })
    }

    pub(super) fn environment(name: &'static str, value: &str, expected: &'static str) -> Self {
        Self::Environment { name, value: value.to_owned(), expected }
    }
}

impl Diagnose for RepairError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoElf { .. } | Self::Purelib(_) | Self::NotFound { .. } | Self::Rejected(_) => {
                ExitCode::Findings
            }
            _ => ExitCode::BadInput,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::NoFile(_) => "check the path",
            Self::Option(_) => "give each option with its value: `--repair=--plat=auto`",
            Self::OneWheel { .. } => "run the command once for each wheel",
            Self::OtherName { .. } => {
                "name the file as the wheel is called; with `--only-plat` its tags depend on `--plat` alone"
            }
            Self::Environment { .. } => "unset the variable, or use the option of that name",
            Self::Pattern(..) => "`*`, `?` and `[…]` are wildcards",
            Self::Platform(_) => {
                "`manylinux_2_28_x86_64` is one; `manylinux_2_28` is the same for the wheel's machine"
            }
            Self::Machine { .. } | Self::Libc { .. } => {
                "leave out `--plat`, or name a tag for the wheel's own platform"
            }
            Self::NoElf { is_pure: true, .. } => {
                "a wheel of Python code alone needs no repair; `--allow-pure-python-wheel` copies it"
            }
            Self::NoElf { .. } => {
                "build it for the platform that its name says, or name it for the one it was built for"
            }
            Self::Purelib(_) => "set `Root-Is-Purelib: false` and move the files out of `purelib`",
            Self::NoPolicy { .. } => {
                "PyPI takes no wheel for this machine; a policy file can add one"
            }
            Self::Policy { .. } => {
                "`wheelworks audit --verbose` lists each obstacle; leave out `--plat` for the best tag that it meets"
            }
            Self::NotFound { member, .. } => {
                return Some(
                    format!(
                        "`{}` needs it; name its directory with `--ldpaths` or `LD_LIBRARY_PATH`, its file with \
                         `--use-library`, the wheel that brings it with `--provided-by`, or leave it out with \
                         `--exclude`",
                        escape_truncated(member)
                    )
                    .into(),
                );
            }
            Self::MissingRequirement { requirements, .. } => {
                let lines: Vec<String> =
                    requirements.iter().map(|it| format!("`Requires-Dist: {it}`")).collect();
                return Some(format!("add {} to METADATA", lines.join(" or ")).into());
            }
            Self::AddedNotFound(_) => {
                "name its directory with `--ldpaths` or `LD_LIBRARY_PATH`, or give its path"
            }
            Self::Unsearchable(_) => "`--lib-sdir` names the end of it",
            Self::AndroidLevel => "build it for API level 24",
            Self::NoPatcher(_) => "leave out `--patcher`: no program is called",
            Self::Rejected(_) => {
                "`wheelworks audit --require` and `wheelworks check` judge the same rules; \
                 please report it if the input passes them"
            }
            Self::Debug { .. } | Self::Path(_) | Self::SameName { .. } => return None,
        };
        Some(hint.into())
    }
}

/// Returns the name that `auditwheel` gives a C library in messages.
const fn upper(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc => "GLIBC",
        Libc::Musl => "MUSL",
        Libc::Android => "ANDROID",
    }
}

/// Returns members one a line, as `auditwheel` lists them.
fn listed(members: &[String]) -> String {
    let members: Vec<String> = members.iter().map(|member| escape_truncated(member)).collect();
    members.join("\n\t")
}

/// Returns the sentence for a wheel without an ELF file for its platform.
fn no_elf(machine: Option<Machine>, foreign: &[String]) -> String {
    match machine {
        Some(machine) if !foreign.is_empty() => format!(
            "Invalid binary wheel: no ELF executable or shared library file (including compiled Python C extension) \
             with a '{machine}' architecture found. The following ELF files were found:\n\t{}",
            listed(foreign)
        ),
        _ => "This does not look like a platform wheel, no ELF executable or shared library file (including \
              compiled Python C extension) found in the wheel archive"
            .to_owned(),
    }
}
