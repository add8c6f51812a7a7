//! Parses platform tags, and says which form the tags of a family have.

use std::str::FromStr;

use super::PlatformTag;
use super::family::{Family, IosSdk, LegacyManylinux, WasmRuntime};
use crate::platform::Machine;
use crate::wheel::tag_error::{TagError, TagKind, check_words};

impl FromStr for PlatformTag {
    type Err = TagError;

    /// Parses a whole tag, of lower case, with a system, version and CPU that installers look for.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tag = Self::parse_form(text)?;
        tag.expected_instead().map_or(Ok(tag), |expected| Err(refused(text, expected)))
    }
}

impl PlatformTag {
    /// Parses a whole tag that has the form of its family, with any version and CPU. Families are of
    /// lower case: `Linux_x86_64` is [`PlatformTag::Other`].
    ///
    /// # Errors
    ///
    /// The text has a character that no tag has, or lacks the form of its family.
    pub fn parse_form(text: &str) -> Result<Self, TagError> {
        check_words(TagKind::Platform, text)?;
        recognize(text).map_err(|expected| refused(text, expected))
    }

    /// Parses a text that need not be a whole tag: `--require` and policy files leave out the
    /// architecture, a policy file may name a policy anything, and a wheel of another tool may have
    /// any tag. Upper case counts as lower case, as it does for pip. A text without the form of its
    /// family becomes [`PlatformTag::Other`].
    #[must_use]
    pub fn parse_lenient(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        recognize(&text).unwrap_or_else(|_| Self::Other(text.into()))
    }

    /// Parses a tag that may lack its architecture, which is then `machine`'s: `manylinux_2_28` stands
    /// for `manylinux_2_28_x86_64`. `None` if that gives no tag either.
    #[must_use]
    pub fn parse_for(machine: Machine, text: &str) -> Option<Self> {
        let with_machine = || Self::parse_form(&format!("{text}_{machine}"));
        Self::parse_form(text).or_else(|_| with_machine()).ok()
    }
}

fn refused(text: &str, expected: &'static str) -> TagError {
    TagError::Form { kind: TagKind::Platform, tag: text.to_owned(), expected }
}

/// Recognizes a tag of lower-case words; the error is the form that the tag's family has.
pub(super) fn recognize(tag: &str) -> Result<PlatformTag, &'static str> {
    let Some(family) = Family::of(tag) else { return Ok(PlatformTag::Other(tag.into())) };
    let words: Vec<&str> = tag.split('_').collect();
    let (first, rest) = words.split_first().unwrap_or((&tag, &[]));
    let (recognized, form) = match family {
        Family::Any => (rest.is_empty().then_some(PlatformTag::Any), "`any`"),
        Family::Linux => (linux(rest), "`linux_ARCH`"),
        Family::Manylinux => match legacy_manylinux(first) {
            Some(standard) => (legacy(standard, rest), "`manylinux2014_ARCH`"),
            None => (
                manylinux(first, rest),
                "`manylinux_2_Y_ARCH`, `manylinux1_ARCH`, `manylinux2010_ARCH` or `manylinux2014_ARCH`",
            ),
        },
        Family::Musllinux => (musllinux(first, rest), "`musllinux_1_Y_ARCH`"),
        Family::Android => (android(rest), "`android_LEVEL_ABI`"),
        Family::Macos => (macos(rest), "`macosx_X_Y_ARCH`"),
        Family::Ios => (ios(rest), "`ios_X_Y_ARCH_iphoneos` or `…_iphonesimulator`"),
        Family::Windows if *first == "win32" => {
            (rest.is_empty().then_some(PlatformTag::Win32), "`win32`")
        }
        Family::Windows => (windows(rest), "`win_ARCH`"),
        // Installers of other runtimes may have forms of their own: none is refused.
        Family::Wasm(runtime) => {
            let other = || PlatformTag::Other(tag.into());
            (Some(wasm(runtime, rest).unwrap_or_else(other)), "")
        }
    };
    recognized.ok_or(form)
}

fn linux(rest: &[&str]) -> Option<PlatformTag> {
    Some(PlatformTag::Linux { architecture: architecture(rest)? })
}

fn legacy_manylinux(first: &str) -> Option<LegacyManylinux> {
    use LegacyManylinux::{Manylinux1, Manylinux2010, Manylinux2014};
    [Manylinux1, Manylinux2010, Manylinux2014].into_iter().find(|it| it.name() == first)
}

fn legacy(standard: LegacyManylinux, rest: &[&str]) -> Option<PlatformTag> {
    Some(PlatformTag::LegacyManylinux { standard, architecture: architecture(rest)? })
}

fn manylinux(first: &str, rest: &[&str]) -> Option<PlatformTag> {
    let (glibc, rest) = version(rest)?;
    let architecture = architecture(rest)?;
    (first == "manylinux").then_some(PlatformTag::Manylinux { glibc, architecture })
}

fn musllinux(first: &str, rest: &[&str]) -> Option<PlatformTag> {
    let (musl, rest) = version(rest)?;
    let architecture = architecture(rest)?;
    (first == "musllinux").then_some(PlatformTag::Musllinux { musl, architecture })
}

fn android(rest: &[&str]) -> Option<PlatformTag> {
    let (level, rest) = rest.split_first()?;
    Some(PlatformTag::Android { api_level: number(level)?, abi: architecture(rest)? })
}

fn macos(rest: &[&str]) -> Option<PlatformTag> {
    let (version, rest) = version(rest)?;
    Some(PlatformTag::Macos { version, architecture: architecture(rest)? })
}

fn ios(rest: &[&str]) -> Option<PlatformTag> {
    let (sdk, rest) = rest.split_last()?;
    let sdk = [IosSdk::Device, IosSdk::Simulator].into_iter().find(|it| it.name() == *sdk)?;
    let (version, rest) = version(rest)?;
    Some(PlatformTag::Ios { version, architecture: architecture(rest)?, sdk })
}

fn windows(rest: &[&str]) -> Option<PlatformTag> {
    Some(PlatformTag::Windows { architecture: architecture(rest)? })
}

fn wasm(runtime: WasmRuntime, rest: &[&str]) -> Option<PlatformTag> {
    let numbers = match runtime {
        WasmRuntime::Pyemscripten | WasmRuntime::Pyodide => 2,
        WasmRuntime::Emscripten | WasmRuntime::Wasi => 3,
    };
    let (version, rest) = rest.split_at_checked(numbers)?;
    let version = version.iter().map(|word| number(word)).collect::<Option<_>>()?;
    Some(PlatformTag::Wasm { runtime, version, architecture: architecture(rest)? })
}

/// Splits two numbers off the words.
fn version<'a, 'b>(words: &'a [&'b str]) -> Option<((u32, u32), &'a [&'b str])> {
    let [major, minor, rest @ ..] = words else { return None };
    Some(((number(major)?, number(minor)?), rest))
}

/// Joins the words of an architecture such as `aarch64` or `x86_64`: the first starts with a letter.
fn architecture(words: &[&str]) -> Option<Box<str>> {
    let starts_with_letter = words.first()?.starts_with(|c: char| c.is_ascii_alphabetic());
    starts_with_letter.then(|| words.join("_").into())
}

/// Parses a word of digits without leading zeros. A number above [`u32::MAX`] becomes that number.
fn number(word: &str) -> Option<u32> {
    let is_number = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && (word == "0" || !word.starts_with('0'));
    is_number.then(|| word.parse().unwrap_or(u32::MAX))
}
