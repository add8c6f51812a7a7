//! Every wheel that we write obeys every rule of indexes and installers; and the checker that says
//! so finds each rule broken.

mod broken;
mod written;
