//! What wheelworks reads from ELF files. It knows bytes only: nothing of wheels, nothing of Bazel.

mod read;

pub use self::read::{Machine, is_elf, is_program, machine};
