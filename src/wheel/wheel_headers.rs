//! The fields of an existing WHEEL, and the same file with other tags.

use std::collections::BTreeSet;

use super::tag_error::MAX_TAGS;
use super::wheel_file::write_tags;
use super::{BuildTag, Headers, WheelFileError, WheelTags, is_wheel_version};
use crate::escape::escape_truncated;

/// A WHEEL that another tool wrote (binary distribution format, PEP 427).
///
/// Installers go by the tags and the build tag of the file's name. Those of WHEEL may differ, so they are
/// parsed only on request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelHeaders {
    headers: Headers,
    bytes: Vec<u8>,
}

impl WheelHeaders {
    /// Parses WHEEL.
    ///
    /// # Errors
    ///
    /// `Wheel-Version` or `Root-Is-Purelib` is missing or has a wrong value.
    pub fn parse(bytes: &[u8]) -> Result<Self, WheelFileError> {
        let headers = Headers::parse(bytes);
        let field = |field| headers.get(field).ok_or(WheelFileError::Missing { field });
        let version = field("Wheel-Version")?;
        if !is_wheel_version(version) {
            return Err(WheelFileError::WheelVersion { version: version.to_owned() });
        }
        let is_purelib = field("Root-Is-Purelib")?;
        if !["true", "false"].iter().any(|value| is_purelib.eq_ignore_ascii_case(value)) {
            return Err(WheelFileError::RootIsPurelib { value: is_purelib.to_owned() });
        }
        Ok(Self { headers, bytes: bytes.to_vec() })
    }

    /// Returns the sets of tags that a file name needs to express every `Tag` line. A line may itself be
    /// compressed: Bazel's `py_wheel` writes such lines. The sets may expand to tags that no line has, as in
    /// the names that `wheel pack` gives.
    ///
    /// # Errors
    ///
    /// There is no `Tag`, one is wrong, or there are too many.
    pub fn tags(&self) -> Result<WheelTags, WheelFileError> {
        let mut sets: [BTreeSet<String>; 3] = Default::default();
        for line in self.headers.get_all("Tag") {
            let tags: WheelTags = line.parse()?;
            for (set, tags) in sets.iter_mut().zip([tags.python(), tags.abi(), tags.platform()]) {
                set.extend(tags.iter().map(str::to_owned));
            }
            // Too many already: `WheelTags::new` refuses them below.
            if sets.iter().any(|set| set.len() > MAX_TAGS) {
                break;
            }
        }
        if sets.iter().all(BTreeSet::is_empty) {
            return Err(WheelFileError::Missing { field: "Tag" });
        }
        let [python, abi, platform] = sets.map(|set| set.into_iter().collect::<Vec<_>>().join("."));
        Ok(WheelTags::new(&python, &abi, &platform)?)
    }

    /// Returns the build tag.
    ///
    /// # Errors
    ///
    /// It is wrong.
    pub fn build(&self) -> Result<Option<BuildTag>, WheelFileError> {
        Ok(self.headers.get("Build").map(str::parse).transpose()?)
    }

    /// Returns the file with these tags and this build tag, and all other bytes as they are. `None` if it
    /// has them already: if its `Tag` lines expand to the same set.
    #[must_use]
    pub fn with_tags(&self, tags: &WheelTags, build: Option<&BuildTag>) -> Option<Vec<u8>> {
        if self.listed() == Some(tags.expand().map(|tag| tag.to_string()).collect())
            && self.headers.get_all("Build").eq(build.map(BuildTag::as_str))
        {
            return None;
        }
        let mut lines = String::new();
        // Writing to a string does not fail.
        let _ = write_tags(&mut lines, tags, build);
        Some(Headers::replaced(&self.bytes, is_tag_or_build, &lines))
    }

    /// Returns all `Tag` and `Build` fields, for a message.
    #[must_use]
    pub fn described(&self) -> String {
        let fields = self.headers.fields().filter(|(name, _)| is_tag_or_build(name));
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
        if fields.is_empty() {
            "no `Tag`".to_owned()
        } else {
            format!("`{}`", escape_truncated(&fields.join(", ")))
        }
    }

    /// Returns the first tag of these sets that no `Tag` line lists.
    #[must_use]
    pub fn first_unlisted(&self, tags: &WheelTags) -> Option<String> {
        let listed = self.listed()?;
        tags.expand().map(|tag| tag.to_string()).find(|tag| !listed.contains(tag))
    }

    /// Returns the tags of all lines, expanded; `None` if one is wrong, or if there are too many.
    fn listed(&self) -> Option<BTreeSet<String>> {
        let mut listed = BTreeSet::new();
        for line in self.headers.get_all("Tag") {
            let tags: WheelTags = line.parse().ok()?;
            listed.extend(tags.expand().map(|tag| tag.to_string()));
            if listed.len() > MAX_TAGS {
                return None;
            }
        }
        Some(listed)
    }
}

fn is_tag_or_build(field: &str) -> bool {
    field.eq_ignore_ascii_case("Tag") || field.eq_ignore_ascii_case("Build")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Diagnose as _;

    fn wheel(fields: &str) -> WheelHeaders {
        let text = format!("Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\n{fields}");
        WheelHeaders::parse(text.as_bytes()).unwrap()
    }

    /// `wheel pack` 0.48 gives an unpacked wheel these tags.
    #[test]
    fn a_name_expresses_all_lines() {
        for (lines, name) in [
            (&["py2.py3-none-any", "py3-none-any"][..], "py2.py3-none-any"),
            (&["cp312-cp312-win_amd64", "cp312-cp312-win32"], "cp312-cp312-win32.win_amd64"),
            (
                &["cp310-cp310-linux_x86_64", "cp311-cp311-linux_x86_64"],
                "cp310.cp311-cp310.cp311-linux_x86_64",
            ),
            (&["py3-none-any", "cp313-cp313-win32"], "cp313.py3-cp313.none-any.win32"),
        ] {
            let lines: Vec<String> = lines.iter().map(|tag| format!("Tag: {tag}")).collect();
            assert_eq!(wheel(&lines.join("\n")).tags().unwrap().to_string(), name);
        }
        let many: Vec<String> = (0..70).map(|n| format!("Tag: a{n}-b{n}-any")).collect();
        assert!(wheel(&many.join("\n")).tags().is_err());
    }

    #[test]
    fn tags_are_replaced_unless_they_are_the_same_set() {
        let rest = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\n";
        for (fields, tags, build, expected) in [
            ("Tag: py3-none-any\n", "py3-none-any", None, None),
            ("Tag: py2.py3-none-any\nTag: py3-none-any\n", "py2.py3-none-any", None, None),
            ("Tag: py3-none-any\nBuild: 2\n", "py3-none-any", Some("2"), None),
            ("Tag: py3-none-any\nBuild: 2\n", "py3-none-any", None, Some("Tag: py3-none-any\n")),
            (
                "Tag: py3-none-any\n",
                "py3-none-any",
                Some("7"),
                Some("Tag: py3-none-any\nBuild: 7\n"),
            ),
            (
                "Tag: py3-none-any\nBuild: 2\nBuild: 2\n",
                "py3-none-any",
                Some("2"),
                Some("Tag: py3-none-any\nBuild: 2\n"),
            ),
            ("", "py3-none-any", None, Some("Tag: py3-none-any\n")),
            ("tag: not a tag\n", "py3-none-any", None, Some("Tag: py3-none-any\n")),
            (
                "tag: cp27-cp27m-linux_x86_64\nX: a\n b\n\nbody",
                "cp27-cp27m-win32.win_amd64",
                None,
                Some("X: a\n b\nTag: cp27-cp27m-win32\nTag: cp27-cp27m-win_amd64\n\nbody"),
            ),
        ] {
            let build: Option<BuildTag> = build.map(|tag| tag.parse().unwrap());
            let tags: WheelTags = tags.parse().unwrap();
            let text = wheel(fields).with_tags(&tags, build.as_ref());
            let expected = expected.map(|it| format!("{rest}{it}").into_bytes());
            assert_eq!(text, expected, "{fields}");
            let Some(text) = text else { continue };
            let again = WheelHeaders::parse(&text).unwrap();
            assert_eq!((again.tags(), again.build()), (Ok(tags.clone()), Ok(build.clone())));
            assert_eq!(again.with_tags(&tags, build.as_ref()), None);
        }
    }

    #[test]
    fn messages() {
        let message = |text: &str| {
            let headers = WheelHeaders::parse(text.as_bytes());
            headers.and_then(|it| it.tags().and(it.build())).unwrap_err().message_with_hint()
        };
        let start = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n";
        insta::assert_snapshot!(message(start), @r"
        WHEEL has no field `Tag`
        hint: a tool that builds wheels writes it; build the wheel again
        ");
        insta::assert_snapshot!(message("Wheel-Version: 2.0\n"), @r"
        `Wheel-Version` in WHEEL: expected `1.0`, found `2.0`
        hint: no installer knows another
        ");
        insta::assert_snapshot!(message("Wheel-Version: 1.0\nRoot-Is-Purelib: yes\n"), @r"
        `Root-Is-Purelib` in WHEEL: expected `true` or `false`, found `yes`
        hint: `true` for a wheel without compiled code
        ");
        insta::assert_snapshot!(message(&format!("{start}Tag: py3-any\n")), @r"
        in WHEEL: `py3-any` is not a set of tags: expected `PYTHON-ABI-PLATFORM`
        hint: a wheel of pure Python has `py3-none-any`
        ");
        insta::assert_snapshot!(message(&format!("{start}Tag: py3-none-any\nBuild: a\n")), @r"
        in WHEEL: `a` is not a build tag: expected a digit, then ASCII letters, digits, `_` and `.`
        hint: put a number in front, as in `1` or `1local`, and no `-`
        ");
    }
}
