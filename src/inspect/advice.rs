//! The lines on top of the text report of `inspect`: what could go from the wheel, and what is missing.

use std::fmt::Write as _;

use super::Inspected;
use super::device_code::LibraryCode;
use super::libraries::Library;
use crate::escape::escape_truncated;
use crate::size::rounded;

/// Writes the lines; none if there is nothing to say.
pub(super) fn render(text: &mut String, inspected: &Inspected) {
    let strippable: Vec<&Library> =
        inspected.libraries.iter().filter(|it| it.strippable.content > 0).collect();
    if !strippable.is_empty() {
        let sum = |of: fn(&Library) -> u64| {
            rounded(strippable.iter().map(|it| of(it)).fold(0, u64::saturating_add))
        };
        let _ = writeln!(
            text,
            "  stripping would save {} content, {} compressed: symbols and debug information of {}",
            sum(|it| it.strippable.content),
            sum(|it| it.strippable.compressed),
            files(strippable.len())
        );
    }
    let codes = &inspected.device_code.libraries;
    let raw: Vec<&LibraryCode> = codes.iter().filter(|it| it.uncompressed.is_notable()).collect();
    if !raw.is_empty() {
        let bytes = raw.iter().map(|it| it.uncompressed.bytes).fold(0, u64::saturating_add);
        let _ = writeln!(
            text,
            "  the compiler did not compress {} of device code in {}",
            rounded(bytes),
            named(&raw)
        );
    }
    let without: Vec<&LibraryCode> = codes.iter().filter(|it| it.without_ptx.is_some()).collect();
    if !without.is_empty() {
        let _ = writeln!(text, "  no PTX for the newest architecture in {}", named(&without));
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}

/// Names the first file, and counts them.
fn named(codes: &[&LibraryCode]) -> String {
    let first = codes.first().map_or_else(String::new, |it| escape_truncated(&it.path));
    match codes.len() {
        0 | 1 => first,
        count => format!("{count} files, such as {first}"),
    }
}
