//! `wheelworks show` and `wheelworks lddtree`, as real processes.

mod build;
mod fixture;
mod forge;
mod verdicts;
