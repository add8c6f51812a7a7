//! Hints for wrong tags: the right spelling, where it is known.

use std::borrow::Cow;

use super::tag::check_tag;
use super::tag_error::{TagError, TagKind};
use crate::error::Diagnose;

impl Diagnose for TagError {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Malformed { .. } => "join the tags of a set by `.`, as in `py2.py3`",
            Self::Form { kind, tag, .. } => return Some(form_hint(*kind, tag)),
            Self::Combination { .. } => {
                "`pyX` goes with the ABI `none`, `cpXY` with `cpXY`, `abi3` or `none`, and the platform `any` with the ABI `none`"
            }
            Self::Parts { .. } => "a wheel of pure Python has `py3-none-any`",
            Self::TooMany { .. } => "name only the tags that an installer needs to see",
        };
        Some(hint.into())
    }
}

/// Common misspellings. The first replacement that gives a tag is the suggestion.
const SPELLINGS: [(&str, &str); 13] = [
    ("amd64", "x86_64"),
    ("x86_64", "amd64"),
    ("arm64", "aarch64"),
    ("aarch64", "arm64"),
    ("x64", "x86_64"),
    ("x64", "amd64"),
    ("i386", "i686"),
    ("x86", "i686"),
    ("win64", "win_amd64"),
    ("macos_", "macosx_"),
    ("cpython", "cp"),
    ("python", "py"),
    ("pypy", "pp"),
];

/// Returns the hint for a tag that no installer looks for: the right spelling, if it is known.
fn form_hint(kind: TagKind, tag: &str) -> Cow<'static, str> {
    let is_tag = |text: &str| check_tag(kind, text).is_ok();
    let lower = tag.to_ascii_lowercase();
    let mut spellings = SPELLINGS.iter().map(|(wrong, right)| lower.replacen(wrong, right, 1));
    if let Some(right) = std::iter::once(lower.clone()).chain(&mut spellings).find(|it| is_tag(it))
    {
        return format!("write `{right}`").into();
    }
    let is_number = tag.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        TagKind::Python if is_number => {
            "write Python 3.12 as `py312` or `cp312`; `.` joins the tags of a set".into()
        }
        _ => "no installer would ever select the wheel by it".into(),
    }
}
