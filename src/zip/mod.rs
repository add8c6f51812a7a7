//! The ZIP archive: its format, writing it, reading it. No policy, no compression.
