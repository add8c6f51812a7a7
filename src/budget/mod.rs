//! Budgets: limits on the sizes of a wheel, its files, sections and architectures.
//!
//! ```text
//! wheel → inspect → WheelSizes ┐
//! budget file → Budget ────────┴→ Outcome: each limit with the size that it bounds, and what grew
//! ```
//!
//! `docs/budget.md` describes the file. A baseline is another wheel, or a saved `inspect --report json`.

mod error;
mod file;
mod outcome;
mod sizes;

pub(crate) use self::file::Budget;
pub(crate) use self::outcome::Outcome;
pub(crate) use self::sizes::WheelSizes;
