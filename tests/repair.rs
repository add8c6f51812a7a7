//! `wheelworks repair` on wheels of C code, compared with `auditwheel repair`, installed and imported.

mod provenance;
mod provided;
mod quirks;
mod real;
mod refused;
mod same;
mod shape;
