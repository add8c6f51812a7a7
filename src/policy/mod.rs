//! The platform policies of Linux wheels: what a wheel with a tag may need of its host.
//!
//! manylinux is PEP 600, musllinux PEP 656, Android PEP 738. The policies are those of auditwheel
//! 6.8.2; a [`PolicyFile`] adds to them or replaces some.
//!
//! | file | what |
//! |---|---|
//! | `platform_policy` | one policy, and whether it forbids a symbol version |
//! | `policies` | all policies that a wheel for one machine and C library can meet |
//! | `choose` | the policy that a musllinux or Android tag selects |
//! | `table` | the built-in policies |
//! | `file` | policies that a user adds |

mod choose;
mod error;
mod file;
mod platform_policy;
mod policies;
mod table;

pub use self::error::PolicyError;
pub use self::file::PolicyFile;
pub use self::platform_policy::Policy;
pub use self::policies::Policies;
