//! Packs, audits, checks and unpacks large Python wheels.
//!
//! The library behind the `wheelworks` binary. The binary runs as a persistent Bazel worker, one-shot on a
//! flagfile, or by hand, with the same arguments and the same output bytes. `DESIGN.md` describes the layers
//! and the pipeline of a request.

mod allocator;
pub mod audit;
mod budget;
mod byte_ranges;
pub mod check;
pub mod cli;
pub mod closure;
pub mod color;
pub mod command;
pub mod common_arguments;
pub mod context;
mod created_directories;
mod declared_file;
pub mod deflate;
pub mod device_code;
mod digest;
mod double_encoding;
pub mod elf;
pub mod elf_edit;
pub mod env;
pub mod error;
mod escape;
pub mod exec;
pub mod findings;
pub mod flagfile;
pub mod inspect;
mod json;
mod judge;
mod lock;
mod lookup_arguments;
pub mod memory;
pub mod metrics;
pub mod object_file;
pub mod opened_wheel;
pub mod pack;
pub mod packages;
mod page;
pub mod patchelf;
pub mod platform;
pub mod policy;
pub mod progress;
pub mod python_api;
mod regular_file;
pub mod remote;
pub mod repair;
pub mod report_arguments;
pub mod sbom;
pub mod sbom_form;
pub mod size;
mod slash_path;
pub mod slim;
pub mod source;
mod source_date_epoch;
mod sysroot;
mod temporary;
pub mod unpack;
pub mod warm;
pub mod wheel;
mod wheel_paths;
mod wheel_writer;
pub mod worker;
pub mod zip;
