//! `wheelworks check`: on crafted wheels with one fault each, compared with other tools, and on real wheels.

mod base;
mod budget;
mod by_tags;
mod cases;
mod classifiers;
mod differential;
mod documents;
mod found;
mod large;
mod licenses;
mod options;
mod project;
mod python_readers;
mod real;
mod record_rows;
mod reports;
mod tags;
