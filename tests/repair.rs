//! `wheelworks repair` on wheels of C code, compared with `auditwheel repair`, installed and imported.

mod command_lines;
mod data_files;
mod foreign;
mod hostile;
mod planned;
mod provenance;
mod provided;
mod quirks;
mod real;
mod refused;
mod reproducible;
mod same;
mod same_outputs;
mod searched;
mod shape;
mod tagged;
