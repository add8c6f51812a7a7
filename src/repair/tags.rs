//! The tags of a repaired wheel: in its file name and in WHEEL.

use std::collections::BTreeSet;

use crate::wheel::{FilenameParts, Headers};

/// Returns a wheel's name with the platform tags of another one.
pub(super) fn with_tags_of(name: &str, other: &str) -> String {
    match (FilenameParts::split(name), FilenameParts::split(other)) {
        (Ok(parts), Ok(FilenameParts { platform, .. })) => {
            FilenameParts { platform, ..parts }.to_string()
        }
        _ => name.to_owned(),
    }
}

/// The new name of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewName {
    /// The file's name.
    pub(super) name: String,
    /// The platform tags before, sorted.
    pub(super) old: Vec<String>,
    /// The platform tags after: those that stay, then the new ones.
    pub(super) new: Vec<String>,
    /// Whether `any` was removed.
    pub(super) drops_any: bool,
}

impl NewName {
    /// Returns the name of a wheel that keeps it.
    pub(super) fn unchanged(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::new(name, None, &[]) }
    }

    /// Returns the name of a wheel with `added` platform tags and without `replaced`. All other parts stay as they
    /// are written.
    pub(super) fn new(name: &str, replaced: Option<&str>, added: &[String]) -> Self {
        let parts = FilenameParts::split(name);
        let platforms = parts.as_ref().map_or("", |parts| parts.platform);
        let old: BTreeSet<String> =
            platforms.split('.').map(str::to_ascii_lowercase).filter(|it| !it.is_empty()).collect();
        let old: Vec<String> = old.into_iter().collect();
        let stays = |tag: &&String| Some(tag.as_str()) != replaced || added.contains(tag);
        let mut new: Vec<String> = old.iter().filter(stays).cloned().collect();
        for tag in added {
            if !new.contains(tag) {
                new.push(tag.clone());
            }
        }
        let drops_any = new.len() > 1 && new.iter().any(|tag| tag == "any");
        new.retain(|tag| !drops_any || tag != "any");
        let sorted: BTreeSet<&str> = new.iter().map(String::as_str).collect();
        let platform = &sorted.into_iter().collect::<Vec<_>>().join(".");
        let name = parts.map_or_else(
            |_| name.to_owned(),
            |parts| FilenameParts { platform, ..parts }.to_string(),
        );
        Self { name, old, new, drops_any }
    }
}

/// The tags of WHEEL before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewWheelFile {
    /// The tags before.
    pub(super) old: Vec<String>,
    /// The tags after.
    pub(super) new: Vec<String>,
    /// Whether `Root-Is-Purelib` becomes false.
    pub(super) becomes_platlib: bool,
    /// The new bytes; `None` if it does not change.
    pub(super) text: Option<Vec<u8>>,
}

impl NewWheelFile {
    /// Returns WHEEL with `added` platform tags for each pair of Python and ABI, and without the platforms
    /// `removed`. `becomes_platlib` sets `Root-Is-Purelib` to false.
    ///
    /// All other bytes stay. The tags move to the end, and a blank line follows, as in the files of `auditwheel`.
    pub(super) fn new(
        bytes: &[u8],
        removed: &[&str],
        added: &[String],
        becomes_platlib: bool,
    ) -> Self {
        let headers = Headers::parse(bytes);
        let old: Vec<String> = headers.get_all("Tag").map(str::to_owned).collect();
        let listed: Vec<String> = old.iter().flat_map(|tag| expanded(tag)).collect();
        let mut pairs: Vec<&str> = Vec::new();
        for tag in &listed {
            let pair = tag.rsplit_once('-').map_or(tag.as_str(), |(pair, _)| pair);
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let is_removed = |tag: &&String| {
            let platform = tag.rsplit_once('-').map_or("", |(_, platform)| platform);
            removed.contains(&platform) && !added.iter().any(|it| it == platform)
        };
        let mut new: Vec<String> = listed.iter().filter(|tag| !is_removed(tag)).cloned().collect();
        for pair in pairs {
            for platform in added {
                let tag = format!("{pair}-{platform}");
                if !new.contains(&tag) {
                    new.push(tag);
                }
            }
        }
        let text = (new != old || becomes_platlib).then(|| {
            let mut lines: String = new.iter().flat_map(|tag| ["Tag: ", tag, "\n"]).collect();
            if becomes_platlib {
                lines.push_str("Root-Is-Purelib: False\n");
            }
            let is_replaced = |name: &str| {
                name.eq_ignore_ascii_case("Tag")
                    || (becomes_platlib && name.eq_ignore_ascii_case("Root-Is-Purelib"))
            };
            let mut text = Headers::replaced(bytes, is_replaced, &lines);
            let end: &[u8] = if text.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
            if !headers.has_body() && !text.ends_with(&[end, end].concat()) {
                text.extend_from_slice(end);
            }
            text
        });
        Self { old, new, becomes_platlib, text }
    }
}

/// Returns whether WHEEL says that the root of the archive is pure Python.
pub(super) fn is_purelib(bytes: &[u8]) -> bool {
    let headers = Headers::parse(bytes);
    headers.get("Root-Is-Purelib").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// Returns the tags of a line whose platforms may be a compressed set.
fn expanded(line: &str) -> Vec<String> {
    match line.rsplit_once('-') {
        Some((pair, platforms)) => {
            platforms.split('.').map(|platform| format!("{pair}-{platform}")).collect()
        }
        None => vec![line.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    /// The values are those of `auditwheel repair` 6.8.2.
    #[test]
    fn names() {
        let new = ["manylinux_2_5_x86_64", "manylinux1_x86_64"];
        let both = "manylinux1_x86_64.manylinux_2_5_x86_64";
        for (old, expected) in [
            ("a-1-cp311-cp311-linux_x86_64.whl", format!("a-1-cp311-cp311-{both}.whl")),
            (
                "My.Pkg-1.0+cu12-7x-py2.py3-none-linux_x86_64.whl",
                format!("My.Pkg-1.0+cu12-7x-py2.py3-none-{both}.whl"),
            ),
            ("a-1-py3-none-any.whl", format!("a-1-py3-none-{both}.whl")),
            (
                "a-1-py3-none-manylinux2014_x86_64.linux_x86_64.whl",
                "a-1-py3-none-manylinux1_x86_64.manylinux2014_x86_64.manylinux_2_5_x86_64.whl"
                    .to_owned(),
            ),
        ] {
            let name = NewName::new(old, Some("linux_x86_64"), &owned(&new));
            assert_eq!(name.name, expected);
            assert_eq!(name.drops_any, old.contains("any.whl"));
        }
    }

    fn wheel_file(
        lines: &str,
        removed: &[&str],
        added: &[&str],
        is_platlib: bool,
    ) -> Option<String> {
        let text =
            format!("Wheel-Version: 1.0\nRoot-Is-Purelib: true\n{lines}Build: 7x\nGenerator: g\n");
        let file = NewWheelFile::new(text.as_bytes(), removed, &owned(added), is_platlib);
        file.text.map(|text| String::from_utf8(text).unwrap())
    }

    /// The values are those of `auditwheel repair` 6.8.2; it does not expand the last one.
    #[test]
    fn wheel_files() {
        let head = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nBuild: 7x\nGenerator: g\n";
        let linux = &["linux_x86_64"][..];
        assert_eq!(
            wheel_file("Tag: cp311-cp311-linux_x86_64\n", linux, &["b", "a"], false).unwrap(),
            format!("{head}Tag: cp311-cp311-b\nTag: cp311-cp311-a\n\n")
        );
        let platlib = "Wheel-Version: 1.0\nBuild: 7x\nGenerator: g\n";
        assert_eq!(
            wheel_file(
                "Tag: py2-none-any\nTag: py3-none-any\n",
                &["linux_x86_64", "any"],
                &["a"],
                true
            )
            .unwrap(),
            format!("{platlib}Tag: py2-none-a\nTag: py3-none-a\nRoot-Is-Purelib: False\n\n")
        );
        assert_eq!(wheel_file("Tag: py3-none-a\n", linux, &["a"], false), None);
        assert_eq!(
            wheel_file("Tag: py3-none-linux_x86_64.b\n", linux, &["a"], false).unwrap(),
            format!("{head}Tag: py3-none-b\nTag: py3-none-a\n\n")
        );
    }

    /// The bytes are those of `auditwheel repair` 6.8.2 for a file with line feeds.
    #[test]
    fn other_bytes_of_wheel_files_stay() {
        let removed = &["linux_x86_64"];
        for (text, expected) in [
            (
                "X:  a \n b\n\t  c\nTag: py3-none-linux_x86_64\nY: d\n\nbody\n\nmore",
                "X:  a \n b\n\t  c\nY: d\nTag: py3-none-a\n\nbody\n\nmore",
            ),
            ("X: a\r\nTag: py3-none-linux_x86_64\r\n", "X: a\r\nTag: py3-none-a\r\n\r\n"),
            ("Tag: py3-none-linux_x86_64", "Tag: py3-none-a\n\n"),
        ] {
            let file = NewWheelFile::new(text.as_bytes(), removed, &owned(&["a"]), false);
            assert_eq!(String::from_utf8(file.text.unwrap()).unwrap(), expected);
        }
    }
}
