//! What a closure takes from outside: libraries that platform tags promise, the interpreter's, and those of drivers.

use std::collections::BTreeMap;

use super::target::Target;
use super::wheel::ClosureWheel;
use crate::elf::{is_libpython, is_musl_itself};
use crate::judge::Exclusions;
use crate::platform::Libc;
use crate::policy::{Policies, Policy, PolicyError};

/// Libraries of drivers. No wheel can bring them: they must match the kernel module.
///
/// Sources: the packing list of NVIDIA's driver for Linux, and the sonames that CUDA's own libraries open.
const DRIVERS: [&str; 9] = [
    "libcuda.so.1",
    "libcudadebugger.so.1",
    "libnvcuvid.so.1",
    "libnvidia-encode.so.1",
    "libnvidia-fbc.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-opticalflow.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libnvoptix.so.1",
];

/// Libraries whose symbols all have versions, so that a reference without a version is not to them.
const VERSIONED: [&str; 14] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libatomic.so.1",
    "libc.so.6",
    "libcrypt.so.1",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libnsl.so.1",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
];

/// Who brings a library from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Provider {
    /// The system, by the platform tag of the wheel that needs it.
    System,
    /// The program that runs Python.
    Python,
    /// A driver of the machine.
    Driver,
    /// Somebody, by `--exclude`.
    Excluded,
}

impl Provider {
    /// Returns who that is, for reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::System => "the system",
            Self::Python => "the Python interpreter",
            Self::Driver => "the NVIDIA driver",
            Self::Excluded => "outside, by --exclude",
        }
    }
}

/// The promises of the wheels' platform tags.
#[derive(Debug)]
pub(super) struct Outside<'a> {
    libc: Libc,
    /// The policy of each wheel's tags.
    policies: Vec<Policy>,
    exclude: &'a Exclusions,
}

impl<'a> Outside<'a> {
    /// Finds the policy of each wheel: that of its most portable tag. A wheel whose tags promise nothing, as `any` and
    /// `linux_x86_64`, is taken to be for the latest systems.
    pub(super) fn new(
        wheels: &[ClosureWheel],
        target: &Target,
        exclude: &'a Exclusions,
    ) -> Result<Self, PolicyError> {
        let mut known: BTreeMap<String, Policy> = BTreeMap::new();
        let latest = Policies::new(target.libc, target.machine, &[], None)?.lowest().clone();
        let mut policies = Vec::with_capacity(wheels.len());
        for wheel in wheels {
            let mut found: Option<Policy> = None;
            for tag in wheel.candidate.tags.platforms() {
                if tag.libc() != Some(target.libc) || !tag.may_run(target.machine) {
                    continue;
                }
                let name = tag.to_string();
                let policy = match known.get(&name) {
                    Some(policy) => Some(policy.clone()),
                    None => Policies::for_tag(target.libc, target.machine, &tag, None)?
                        .and_then(|(policies, at)| policies.iter().nth(at).cloned()),
                };
                if let Some(policy) = policy {
                    known.insert(name, policy.clone());
                    let is_stricter = |kept: &Policy| policy.priority > kept.priority;
                    if found.as_ref().is_none_or(is_stricter) {
                        found = Some(policy);
                    }
                }
            }
            policies.push(found.unwrap_or_else(|| latest.clone()));
        }
        Ok(Self { libc: target.libc, policies, exclude })
    }

    /// Returns the policy of a wheel.
    pub(super) fn policy(&self, wheel: usize) -> Option<&Policy> {
        self.policies.get(wheel)
    }

    /// Returns who brings a library for a file of a wheel; `None` if only another wheel can.
    pub(super) fn provider(&self, wheel: usize, soname: &str) -> Option<Provider> {
        if self.exclude.matches(soname) {
            return Some(Provider::Excluded);
        }
        let policy = self.policy(wheel)?;
        if policy.whitelist.contains(soname) || self.is_libc_itself(soname) {
            return Some(Provider::System);
        }
        if is_libpython(soname) || soname == "libpython3.so" {
            return Some(Provider::Python);
        }
        DRIVERS.contains(&soname).then_some(Provider::Driver)
    }

    fn is_libc_itself(&self, soname: &str) -> bool {
        match self.libc {
            Libc::Musl => is_musl_itself(soname) || soname.starts_with("ld-musl-"),
            Libc::Glibc => is_loader(soname),
            Libc::Android => false,
        }
    }
}

/// Returns whether all symbols of a library from outside have versions.
pub(super) fn is_versioned(soname: &str) -> bool {
    VERSIONED.contains(&soname) || is_loader(soname)
}

/// Returns whether a name is that of glibc's loader, which is in each process.
pub(super) fn is_loader(soname: &str) -> bool {
    soname.starts_with("ld-linux") || soname.starts_with("ld64.so")
}
