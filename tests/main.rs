//! Tests of the real binary. All are in one test binary, which links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a panic in shared test code fails the test"
)]

// Shared code: a client of the worker, and a runner of one-shot commands.
mod support;

// The rules of ZIP archives and wheels, on wheels from wheelworks and on broken ones.
mod conformance;

// `wheelworks show` on wheels built from C, compared with auditwheel.
mod audit;

// `wheelworks check` and other tools on wheels with one fault each.
mod check;

// `wheelworks closure` on wheels of small libraries, which a real loader then loads.
mod closure;

// Injected faults around the process: the table of `RELIABILITY.md`.
mod faults;

// Wheels by name, directory and list, and JSON, of every command.
mod common_options;

// `wheelworks pack`, good and bad inputs.
mod pack;

// `wheelworks unpack`: paths of the output, and refused archives.
mod unpack;

// Malicious archives, and every command that reads archives.
mod hostile;
// Device code that `wheelworks inspect` shows, compared with `cuobjdump`.
mod device_code;
// `wheelworks inspect` and `diff`, compared with `zipfile` and `readelf`.
mod inspect;
// The pages of `inspect` and `diff`, in a browser.
mod page;

// `wheelworks repack` on wheels of other tools.
mod repack;

// `wheelworks retag`, compared with `wheel tags`.
mod retag;

// Other tools on a wheel that we write: unzip, pip, uv, twine and more.
mod judges;

// The GitHub action, the hooks and docs/ci.md: each command as it stands.
mod ci;

// `--version` and `-vV`.
mod version;

// Colours, the width of help and the progress bar, on a terminal and without one.
mod terminal;

// The option tables of `docs/`, compared with the definitions of the command line.
mod docs;

// ElfFacts of ELF files, compared with `readelf`.
mod elf;

// `wheelworks patchelf` on files of gcc, which loaders, `readelf`, `strip` and auditwheel then use.
mod patchelf;

// Owners of files in package databases, and the SBOM of grafts, compared with those of auditwheel.
mod packages;

// `wheelworks repair` on wheels built from C, compared with auditwheel, installed and imported.
mod repair;

// The policy table, compared with auditwheel's, and policy files as documented.
mod policy;

// The script that compares `show` with auditwheel on wheels from an index. It runs on request.
mod parity;

// Wheels from an index, packed again. These tests need the network once, so they run on request.
mod real;

// Wheels with chunk tables, valid and forged.
mod seekable;

// The script that compares answers about wheels from an index with those of other tools. It runs on request.
mod survey;

// Rules of this repository: layers, file sizes, and versions and documents that must agree.
mod tidy;

// The cache of a worker, which must never be stale.
mod warm;

// The worker protocol: frames, cancellation, the end of the process.
mod worker;
