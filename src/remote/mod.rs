//! Files on HTTP servers, read in parts: a local, sparse copy that grows by the ranges that are asked for.
//!
//! | file | content |
//! |---|---|
//! | `url` | an address, its credentials and its digest |
//! | `client` | one request: redirects, timeouts, TLS |
//! | `content_range` | the header `Content-Range` |
//! | `copy` | the sparse copy, and the checks of each response |
//! | `ranges` | sets of byte ranges |
//! | `error` | why a file cannot be read |

mod client;
mod content_range;
mod copy;
mod error;
mod ranges;
mod url;

pub use self::client::Client;
pub use self::copy::{DigestState, PartialCopy, Transfer};
pub use self::error::{RemoteError, RemoteProblem};
pub use self::url::RemoteUrl;
