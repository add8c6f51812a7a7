//! Rules of RECORD.

use crate::findings::rules;

rules! {
RECORD_FORM = "record-form" Error "a row of RECORD that is not path, hash and size, or an empty one"
    "Installers skip it or fail."
    "Let the tool that builds the wheel write RECORD; `wheelworks pack` writes a new one." "PyPI, check-wheel-contents, pip, uv";
RECORD_MISSING = "record-missing" Error "a file that RECORD does not list"
    "A change of it is not detected, and uninstalling leaves it behind."
    "Let `wheelworks pack` write a new RECORD." "PyPI";
RECORD_GHOST = "record-ghost" Error "a row of RECORD for a missing file"
    "Uninstalling looks for it; a file that should be in the wheel may have been lost."
    "Let `wheelworks pack` write a new RECORD." "PyPI";
RECORD_TWICE = "record-twice" Error "a path that RECORD lists twice"
    "Only one of the two can be right."
    "Let `wheelworks pack` write a new RECORD." "check-wheel-contents";
RECORD_HASH = "record-hash" Error "a file whose hash differs from RECORD"
    "The file was changed after RECORD was written. Installers do not notice."
    "Build the wheel again; if it is not yours, do not install it." "";
RECORD_SIZE = "record-size" Error "a file whose size differs from RECORD"
    "The file was changed after RECORD was written. Installers do not notice."
    "Build the wheel again; if it is not yours, do not install it." "";
RECORD_NO_HASH = "record-no-hash" Error "a row of RECORD without a hash or size"
    "A change of the file is not detected."
    "Let `wheelworks pack` write a new RECORD." "check-wheel-contents";
RECORD_WEAK = "record-weak-hash" Error "a hash that is unknown or weaker than SHA-256"
    "The standard requires SHA-256 or better, because weaker hashes can be forged. The hash was not compared."
    "Let `wheelworks pack` write a new RECORD." "";
RECORD_OWN = "record-own-row" Warning "RECORD has no row for itself, or one with a hash or size"
    "A file cannot hold its own hash, and its own size only by chance. Without the row, uninstalling leaves RECORD behind."
    "Let `wheelworks pack` write a new RECORD." "PyPI";
RECORD_DIRECTORY = "record-directory" Error "a row of RECORD for a directory"
    "RECORD lists files; uninstallers stumble over it."
    "Let `wheelworks pack` write a new RECORD." "PyPI";
RECORD_SIGNATURE = "record-signature" Warning "a signature of RECORD"
    "No tool has checked these for years, and new wheels must not have them (PEP 815)."
    "Leave it out, and publish attestations instead." "";
}
