//! Paths of members, as installers take them.

/// Returns the components of a path, without empty ones, `.` and `..`, as extraction does.
pub(super) fn components(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !["", ".", ".."].contains(part)).collect()
}

/// Returns whether installers refuse a member's name, because it leaves the wheel on some system.
pub(super) fn leads_elsewhere(name: &str) -> bool {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    name.starts_with('/')
        || name.contains('\\')
        || has_drive
        || name.split('/').any(|it| it == "..")
}

/// Returns the path of a member, or `None` for a directory.
pub(super) fn member_path(name: &str) -> Option<String> {
    (!name.ends_with('/')).then(|| components(name).join("/"))
}

/// Returns whether a member may be an ELF file: all but Python source.
pub(super) fn may_be_elf(path: Option<&str>) -> bool {
    path.is_some_and(|path| path.strip_suffix(".py").is_none())
}
