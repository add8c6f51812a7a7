//! `wheelworks pack`, as a real process.
