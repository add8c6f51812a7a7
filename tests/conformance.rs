//! Every wheel that we write obeys all rules of indexes and installers, and the checker of these rules
//! finds each of them broken.

mod broken;
mod written;
