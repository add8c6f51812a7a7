//! The options of `audit` about device code.

use std::str::FromStr;

use clap::Args;
use thiserror::Error;

use crate::device_code::ArchitectureName;
use crate::error::Diagnose;
use crate::judge::CodeRequirements;
use crate::size::ByteSize;

/// What is required of device code.
#[derive(Debug, Clone, Args)]
pub struct DeviceCodeArguments {
    /// Read device code, the machine code for GPUs, and check the rules about it. Without this option and the next
    /// three it is not read: it can be anywhere in a library, so that each is inflated to its end.
    #[arg(long)]
    pub device_code: bool,
    /// Exit with code 1 unless each library with device code has it for these architectures: `sm_90`, `sm_90a`,
    /// `compute_90` for PTX, `gfx942`.
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    pub require_sm: Vec<ArchitectureName>,
    /// Exit with code 1 if a library has device code for other architectures than these.
    #[arg(long, value_name = "ARCH", value_delimiter = ',')]
    pub allow_sm: Vec<ArchitectureName>,
    /// Exit with code 1 if all libraries together have more bytes of device code for an architecture than this:
    /// `sm_90=120MiB`. The bytes are those in the libraries, as the compiler compressed them.
    #[arg(long, value_name = "ARCH=SIZE")]
    pub max_device_bytes: Vec<ArchitectureLimit>,
}

impl DeviceCodeArguments {
    /// Returns whether device code is read.
    pub(super) fn is_read(&self) -> bool {
        self.device_code || self.requirements().is_demand()
    }

    pub(super) fn requirements(&self) -> CodeRequirements {
        let limit = |it: &ArchitectureLimit| (it.name.clone(), it.max.bytes());
        CodeRequirements {
            required: self.require_sm.clone(),
            allowed: self.allow_sm.clone(),
            max_bytes: self.max_device_bytes.iter().map(limit).collect(),
        }
    }
}

/// The maximum number of bytes of an architecture: `sm_90=120MiB`.
#[derive(Debug, Clone)]
pub struct ArchitectureLimit {
    /// The architecture.
    pub name: ArchitectureName,
    /// The maximum.
    pub max: ByteSize,
}

/// Text that is no architecture with a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected an architecture and a size, such as `sm_90=120MiB`")]
pub struct ArchitectureLimitError;

impl Diagnose for ArchitectureLimitError {}

impl FromStr for ArchitectureLimit {
    type Err = ArchitectureLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, max) = text.split_once('=').ok_or(ArchitectureLimitError)?;
        let name = name.parse().map_err(|_| ArchitectureLimitError)?;
        let max = max.parse().map_err(|_| ArchitectureLimitError)?;
        Ok(Self { name, max })
    }
}
