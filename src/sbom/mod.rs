//! Software bills of materials in the `sboms` directory of dist-info (PEP 770).
//!
//! | document | written by | form |
//! |---|---|---|
//! | `auditwheel.cdx.json`: the packages of grafts | `repair` | CycloneDX 1.4, as `auditwheel repair` |
//! | `NAME.cdx.json`: the components of a declared wheel | `pack --sbom=cyclonedx` | CycloneDX 1.6 |
//! | `NAME.spdx.json`: the same | `pack --sbom=spdx` | SPDX 2.3 |

mod component;
mod cyclonedx;
mod grafts;
mod spdx;

pub use self::component::{Component, ComponentError, ComponentWheel, WheelComponents};
pub use self::grafts::{GraftLicenses, LICENSES, MEMBER, SbomSubject, document};
