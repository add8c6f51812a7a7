//! The outermost namespace of a mangled name (Itanium C++ ABI, section 5.1).

/// What a nested name can come behind: vtables, type information, guard variables, thunks.
const PREFIXES: [&str; 9] =
    ["_ZN", "_ZTVN", "_ZTIN", "_ZTSN", "_ZTTN", "_ZGVN", "_ZZN", "_ZGVZN", "_ZThn"];

/// Returns the outermost namespace, or class, of a mangled name; `None` if it has none.
pub(super) fn namespace(name: &str) -> Option<&str> {
    let rest = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix));
    let Some(rest) = rest else {
        // `St` is `std`, without a nested name.
        let is_std = ["_ZSt", "_ZTISt", "_ZTSSt", "_ZTVSt", "_ZTTSt", "_ZGVSt"];
        return is_std.iter().any(|prefix| name.starts_with(prefix)).then_some("std");
    };
    // Qualifiers of member functions: volatile, const, reference.
    let rest = rest.trim_start_matches(['r', 'V', 'K', 'R', 'O']);
    if rest.starts_with(['S', 's']) {
        return Some("std");
    }
    let digits = rest.find(|character: char| !character.is_ascii_digit())?;
    let (len, rest) = rest.split_at_checked(digits)?;
    rest.get(..len.parse().ok()?).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_found() {
        for (name, expected) in [
            ("_ZN4llvm5Value4dumpEv", Some("llvm")),
            ("_ZNK4mlir9Operation7getNameEv", Some("mlir")),
            ("_ZTVN4llvm5ValueE", Some("llvm")),
            ("_ZTIN4absl6StatusE", Some("absl")),
            ("_ZGVZN3foo3barEvE1x", Some("foo")),
            ("_ZNSt6vectorIiSaIiEE9push_backEOi", Some("std")),
            ("_ZNSaIcEC1Ev", Some("std")),
            ("_ZSt4cout", Some("std")),
            ("_ZTISt9exception", Some("std")),
            ("_ZNSdD2Ev", Some("std")),
            ("_ZTTNSt7__cxx1118basic_stringstreamIcSt11char_traitsIcESaIcEEE", Some("std")),
            ("_Z3foov", None),
            ("_ZN", None),
            ("_ZN99999999999999999999x", None),
            ("_ZN9abc", None),
            ("LLVMAddFunction", None),
            ("", None),
        ] {
            assert_eq!(namespace(name), expected, "{name}");
        }
    }
}
