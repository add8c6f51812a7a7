//! What wheelworks reads from ELF files.
