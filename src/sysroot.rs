//! Links of a sysroot that is made of links to another one, as a build system makes the sandbox of an action.

use std::path::Path;

/// Returns whether the link at `path`, an absolute path of the system below `root`, leads to the same path of a copy of the
/// system, in a directory of the same name. Such a link stands for its target; any other absolute link starts at `root`.
pub(crate) fn is_link_to_copy(root: &Path, path: &Path, target: &Path) -> bool {
    let inner = path.strip_prefix("/").unwrap_or(path);
    let name = root.file_name().map(Path::new);
    target.is_absolute() && name.is_some_and(|name| target.ends_with(name.join(inner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_name_of_the_root_and_the_same_path() {
        for (target, expected) in [
            ("/real/root/usr/lib/a.so", true),
            ("/usr/lib/a.so", false),
            ("/real/other/usr/lib/a.so", false),
            ("/real/root/usr/lib/b.so", false),
            ("root/usr/lib/a.so", false),
        ] {
            let found = is_link_to_copy(
                Path::new("/box/root"),
                Path::new("/usr/lib/a.so"),
                Path::new(target),
            );
            assert_eq!(found, expected, "{target}");
        }
        let target = Path::new("/usr/lib/a.so");
        assert!(!is_link_to_copy(Path::new("/"), Path::new("/usr/lib/a.so"), target));
    }
}
