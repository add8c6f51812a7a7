//! The names that the C library of every Linux system defines.
//!
//! They matter for references without a version only: a file that was linked without `-lm` refers to `pow` so, and
//! finds it in the process, because the interpreter needs libm. `scripts/c-library-names` writes the table from glibc
//! 2.36: the names of libc and libm, with the libraries that became parts of libc in glibc 2.34.

/// The names, sorted, one a line.
static NAMES: &str = include_str!("c_library_names.txt");

/// Returns whether glibc defines a name in libc or libm.
pub(super) fn is_c_library_name(name: &str) -> bool {
    let mut rest = NAMES;
    // A binary search over lines.
    while !rest.is_empty() {
        let middle = rest.len() / 2;
        let start = rest.as_bytes()[..middle].iter().rposition(|&byte| byte == b'\n');
        let start = start.map_or(0, |at| at + 1);
        let line_len = rest.as_bytes()[start..].iter().position(|&byte| byte == b'\n');
        let end = line_len.map_or(rest.len(), |len| start + len);
        match rest[start..end].cmp(name) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => rest = rest.get(end + 1..).unwrap_or_default(),
            std::cmp::Ordering::Greater => rest = &rest[..start],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let names: Vec<&str> = NAMES.lines().collect();
        assert!(names.is_sorted() && names.len() > 2000);
        assert!(names.iter().all(|name| is_c_library_name(name)));
        for name in ["", "a", "pow_", "po", "zzz", "PyList_New", "~"] {
            assert!(!is_c_library_name(name), "{name}");
        }
        assert!(
            ["pow", "malloc", "dlopen", "pthread_create"].iter().all(|it| is_c_library_name(it))
        );
    }
}
