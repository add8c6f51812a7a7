//! Each flaw is found, and reading goes on behind it.
