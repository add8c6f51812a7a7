//! Names of undefined symbols, kept as 8-byte hashes: libraries of PyTorch have hundreds of thousands of
//! names, and an audit looks up a few dozen.

use super::name_hash::hash;

/// A set of names that can be looked up, but not listed.
///
/// Sets compare equal only within one process, and so are never stored in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndefinedNames {
    hashes: Vec<u64>,
}

impl UndefinedNames {
    /// Adds a name.
    pub fn insert(&mut self, name: &[u8]) {
        self.hashes.push(hash(name));
    }

    /// Returns whether a name is in the set.
    ///
    /// A name that is not in the set collides with a given name in it with a probability of 2⁻⁶⁴,
    /// for any names: the hash's key is random.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.hashes.contains(&hash(name.as_bytes()))
    }

    /// Returns the number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Returns whether there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher};

    use super::*;

    #[test]
    fn hashes_have_a_key_that_no_file_can_know() {
        let mut names = UndefinedNames::default();
        names.insert(b"printf");
        assert!(names.contains("printf") && !names.contains("puts"));
        // Hashers with a fixed key, on which a file with colliding names could be built.
        let mut bare = DefaultHasher::new();
        bare.write(b"printf");
        let mut prefixed = DefaultHasher::new();
        b"printf"[..].hash(&mut prefixed);
        assert!(!names.hashes.contains(&bare.finish()));
        assert!(!names.hashes.contains(&prefixed.finish()));
    }

    #[test]
    fn equal_sets_of_one_process_are_equal() {
        let set = |names: &[&str]| {
            let mut set = UndefinedNames::default();
            for name in names {
                set.insert(name.as_bytes());
            }
            set
        };
        assert_eq!(set(&["a", "b"]), set(&["a", "b"]));
        assert_ne!(set(&["a", "b"]), set(&["a", "c"]));
    }
}
