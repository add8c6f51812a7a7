//! The worker protocol, tested with the real binary. The hidden command `fault` replaces real work:
//! it sleeps, waits, panics or answers with a text.

mod cancel;
mod contract;
mod end;
mod requests;
mod size_classes;

use crate::support::messages::Response;

/// The response to a cancelled request.
fn cancelled(id: i32) -> Response {
    Response { was_cancelled: true, ..Response::new(id, 2, "") }
}

const PANIC_OUTPUT: &str = "error: internal error: panic: injected panic\nhint: this is a defect of wheelworks, not of your input; please report it with the command that led here\n";

const MISSING_OUTPUT: &str = "error: cannot read the argument file `missing.args`: No such file or directory (os error 2)\nhint: check the path; an argument that begins with `@` itself is written `@@`\n";
