//! The table of crafted wheels: the change that makes each of them, and the rules that it breaks.

mod archives;
pub(super) mod contents;
mod entry_points;
mod members;
mod metadata;
mod values;
mod wheels;

use super::base::{Change, NAME, WHEEL};
use crate::support::craft::Parts;
use crate::support::wheel::Wheel;

/// One crafted wheel.
pub(super) struct Case {
    /// The fault.
    pub(super) what: &'static str,
    /// The file's name.
    pub(super) name: &'static str,
    /// The change to the wheel without a fault.
    pub(super) change: Change,
    /// The rules that it breaks, sorted.
    pub(super) rules: &'static [&'static str],
}

pub(super) const fn wheel(
    what: &'static str,
    change: fn(&mut Wheel),
    rules: &'static [&'static str],
) -> Case {
    Case { what, name: NAME, change: Change::Wheel(change), rules }
}

const fn parts(what: &'static str, change: fn(&mut Parts), rules: &'static [&'static str]) -> Case {
    Case { what, name: NAME, change: Change::Parts(change), rules }
}

const fn bytes(
    what: &'static str,
    change: fn(&mut Vec<u8>),
    rules: &'static [&'static str],
) -> Case {
    Case { what, name: NAME, change: Change::Bytes(change), rules }
}

const fn named(what: &'static str, name: &'static str, rules: &'static [&'static str]) -> Case {
    Case { what, name, change: Change::Wheel(|_| ()), rules }
}

/// Writes the tags of the file's name into WHEEL.
pub(super) fn tag(it: &mut Wheel, tags: &str) {
    let mut text = WHEEL.replace("py3-none-any", tags);
    if !tags.ends_with("-any") {
        text = text.replace("Root-Is-Purelib: true", "Root-Is-Purelib: false");
    }
    it.replace("sample_pkg-1.0.dist-info/WHEEL", text);
}

/// A change with another file name.
pub(super) const fn renamed(
    what: &'static str,
    name: &'static str,
    change: fn(&mut Wheel),
    rules: &'static [&'static str],
) -> Case {
    Case { what, name, change: Change::Wheel(change), rules }
}

/// Returns all cases.
pub(super) fn all() -> impl Iterator<Item = Case> {
    [
        archives::ends(),
        archives::headers(),
        archives::second_names(),
        archives::zip64(),
        archives::features(),
        members::names(),
        members::portable_names(),
        members::installed(),
        members::modes(),
        members::records(),
        members::record_texts(),
        wheels::files(),
        wheels::wheel_files(),
        wheels::tags(),
        metadata::metadata(),
        metadata::fields(),
        metadata::imports(),
        metadata::requirements(),
        metadata::licenses(),
        values::specifiers(),
        values::versions(),
        values::values(),
        entry_points::entry_points(),
        contents::layout(),
        contents::machine_code(),
        contents::by_tags(),
    ]
    .into_iter()
    .flatten()
}
