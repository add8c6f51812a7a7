//! Tests of the real binary. One test binary for all of them: it links once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper of a test fails the test"
)]

// A client of the worker, and a runner of one-shot commands.
mod support;

// The rules of ZIP archives and wheels, on wheels that we write, and on broken ones.
mod conformance;

// `wheelworks show` on wheels built from C, and what auditwheel says to them.
mod audit;

// `wheelworks check` on wheels with one fault each, and other tools on the same.
mod check;

// What breaks around the process, injected: the table of `RELIABILITY.md`.
mod faults;

// `wheelworks pack`, good and bad inputs.
mod pack;

// `wheelworks unpack`: what goes where, and what is refused.
mod unpack;

// Archives made to do harm, and every command that reads them.
mod hostile;
// `wheelworks inspect` and `diff`: figures that add up, judged by `zipfile` and `readelf`.
mod inspect;

// `wheelworks repack`: other tools' wheels.
mod repack;

// Other people's tools on a wheel that we write: unzip, pip, uv, twine and more.
mod judges;

// The option tables of `docs/` against the definitions of the command line.
mod docs;

// Facts of ELF files, judged by `readelf`.
mod elf;

// The table of policies against auditwheel's, and policy files as documented.
mod policy;

// The comparison of `show` with auditwheel on wheels from an index, on request too.
mod parity;

// Wheels from an index, packed again. They need the network once, so they run on request.
mod real;

// Wheels with tables of chunks, true and forged.
mod seekable;

// Rules of this repository: layers, sizes of files, versions and documents that must agree.
mod tidy;

// What a worker remembers between requests, and that none of it is ever stale.
mod warm;

// The worker protocol: frames, cancellation, the process's end.
mod worker;
