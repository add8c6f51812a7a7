//! Paths with slashes: of members of archives, of libraries in object files.

/// Returns the last component of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component() {
        for (path, expected) in [("a/b/c.so", "c.so"), ("c.so", "c.so"), ("/c", "c"), ("a/", "")] {
            assert_eq!(file_name(path), expected, "{path}");
        }
    }
}
