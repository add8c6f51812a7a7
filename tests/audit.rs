//! `wheelworks show` and `wheelworks lddtree`, as real processes.

mod bounds;
mod build;
mod damaged_elf;
mod demands;
mod documents;
mod fixture;
mod forge;
mod installed;
mod lddtree;
mod output;
mod packed;
mod provided;
mod refused_archives;
mod refused_wheels;
mod requests;
mod required_tags;
mod sample;
mod stable_abi;
mod systems;
mod unrecorded;
mod verdicts;
