//! `wheelworks check`: crafted wheels with one rule broken, what other tools make of them, and what
//! is said of real ones.

mod base;
mod cases;
mod differential;
mod documents;
mod found;
mod licenses;
mod options;
mod real;
mod reports;
