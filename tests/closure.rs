//! `wheelworks closure` on wheels of small libraries from gcc, which the loader of this machine then loads for real.

mod choice;
mod clash;
mod differential;
mod documents;
mod edges;
mod hostile;
mod loader_rules;
mod mutations;
mod pair;
mod remote;
mod reports;
mod row;
mod rows;
mod shapes;
mod symbol_rules;
mod unique;
