//! Names of undefined symbols, kept in eight bytes each: libraries of PyTorch have hundreds of
//! thousands of them, and an audit asks for a few dozen.

use std::hash::{DefaultHasher, Hasher as _};

/// A set of names that can be asked, but not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UndefinedNames {
    hashes: Vec<u64>,
}

impl UndefinedNames {
    /// Adds a name.
    pub fn insert(&mut self, name: &[u8]) {
        self.hashes.push(hash(name));
    }

    /// Whether a name is among them. Another name is taken for it with a probability of 2⁻⁶⁴.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.hashes.contains(&hash(name.as_bytes()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(name);
    hasher.finish()
}
