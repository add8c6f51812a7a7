//! The search path of a file of the wheel, by where installers put the file.

use crate::elf::{Class, ElfFacts};

/// A search path after a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewPath {
    /// The entries.
    pub(super) entries: Vec<String>,
    /// The entries of the old path that were dropped.
    pub(super) dropped: Vec<String>,
}

impl NewPath {
    /// Returns the path as the dynamic section has it.
    pub(super) fn text(&self) -> String {
        self.entries.join(":")
    }
}

/// Returns the search path of a file: the entries of `old` that stay below site-packages, or that match a pattern
/// of `keep`, and then `added`. `directory` is the file's directory, relative to site-packages.
pub(super) fn new_path(
    old: &str,
    directory: &str,
    facts: &ElfFacts,
    added: &[String],
    keep: &[glob::Pattern],
) -> NewPath {
    let mut path = NewPath { entries: Vec::new(), dropped: Vec::new() };
    for entry in old.split(':').filter(|_| !old.is_empty()) {
        let is_kept = is_inside(entry, directory, facts) || keep.iter().any(|it| it.matches(entry));
        let list = if is_kept { &mut path.entries } else { &mut path.dropped };
        if !list.iter().any(|known| known == entry) {
            list.push(entry.to_owned());
        }
    }
    for entry in added {
        if !path.entries.contains(entry) {
            path.entries.push(entry.clone());
        }
    }
    path
}

/// Returns the search path that loaders use: RUNPATH, else RPATH.
pub(super) fn old_path(facts: &ElfFacts) -> &str {
    facts.runpath.as_deref().or(facts.rpath.as_deref()).unwrap_or_default()
}

/// Returns whether an entry names site-packages or a directory below it.
fn is_inside(entry: &str, directory: &str, facts: &ElfFacts) -> bool {
    /// Stands for the unknown path of site-packages.
    const ROOT: &str = "/\0";
    let library = if facts.platform.class == Class::Elf64 { "lib64" } else { "lib" };
    let machine = facts.platform.machine.map_or("", crate::platform::Machine::name);
    let mut text = entry.to_owned();
    let origin = format!("{ROOT}/{directory}");
    for (token, value) in [("ORIGIN", origin.as_str()), ("LIB", library), ("PLATFORM", machine)] {
        text = text.replace(&format!("${token}"), value);
        text = text.replace(&format!("${{{token}}}"), value);
    }
    let Some(rest) = text.strip_prefix('/') else { return false };
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.first() == Some(&&ROOT[1..])
}

/// Returns the entry that leads from a directory to another one. Both are relative to site-packages.
pub(super) fn entry(from: &str, to: &str) -> String {
    let parts = |path: &'_ str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to[common..].iter().map(String::as_str);
    let path: Vec<&str> = std::iter::once("$ORIGIN").chain(up).chain(down).collect();
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Platform;
    use crate::platform::Machine;

    fn facts() -> ElfFacts {
        let platform = Platform {
            class: Class::Elf64,
            little_endian: true,
            e_machine: 62,
            os_abi: 0,
            flags: 0,
            machine: Some(Machine::X86_64),
        };
        ElfFacts::new(platform, 3)
    }

    fn path(old: &str, directory: &str, keep: &[&str]) -> String {
        let added = [entry(directory, "pkg.libs")];
        let keep: Vec<_> = keep.iter().map(|it| glob::Pattern::new(it).unwrap()).collect();
        new_path(old, directory, &facts(), &added, &keep).text()
    }

    /// The values are those that `auditwheel repair` 6.8.2 writes.
    #[test]
    fn entries_below_site_packages_stay() {
        for (old, directory, expected) in [
            ("", "pkg", "$ORIGIN/../pkg.libs"),
            ("", "", "$ORIGIN/pkg.libs"),
            ("", "pkg.libs", "$ORIGIN"),
            (
                "/opt/x:$ORIGIN:$ORIGIN/../pkg/lib:${ORIGIN}/l:rel/dir:$ORIGIN/../../out:$ORIGIN:$ORIGIN/l/",
                "pkg",
                "$ORIGIN:$ORIGIN/../pkg/lib:${ORIGIN}/l:$ORIGIN/l/:$ORIGIN/../pkg.libs",
            ),
            (
                "$ORIGIN/../nvidia/cublas/lib:$ORIGIN/../../nvidia/lib",
                "pkg",
                "$ORIGIN/../nvidia/cublas/lib:$ORIGIN/../pkg.libs",
            ),
            ("$ORIGIN/..", "pkg", "$ORIGIN/..:$ORIGIN/../pkg.libs"),
            ("$ORIGIN/../..:", "pkg", "$ORIGIN/../pkg.libs"),
            ("$ORIGIN/../../x/../../y", "a/b", "$ORIGIN/../../pkg.libs"),
            (
                "$ORIGIN/$LIB:$ORIGIN/${PLATFORM}",
                "p",
                "$ORIGIN/$LIB:$ORIGIN/${PLATFORM}:$ORIGIN/../pkg.libs",
            ),
            ("$ORIGIN/../pkg.libs", "pkg", "$ORIGIN/../pkg.libs"),
            ("/opt/$ORIGIN", "pkg", "$ORIGIN/../pkg.libs"),
        ] {
            assert_eq!(path(old, directory, &[]), expected, "{old} in {directory}");
        }
    }

    #[test]
    fn entries_that_match_a_pattern_stay() {
        let old = "/opt/rocm/lib:$ORIGIN/../../nvidia/lib:/opt/x";
        let keep = ["/opt/rocm/*", "$ORIGIN/../../nvidia/*"];
        assert_eq!(
            path(old, "pkg", &keep),
            "/opt/rocm/lib:$ORIGIN/../../nvidia/lib:$ORIGIN/../pkg.libs"
        );
        let dropped = new_path(old, "pkg", &facts(), &[], &[]).dropped;
        assert_eq!(dropped, ["/opt/rocm/lib", "$ORIGIN/../../nvidia/lib", "/opt/x"]);
    }
}
