//! The values of marker variables for one Python on Linux, and whether a marker holds with them (PEP 508).
//!
//! Comparisons are those of `packaging.markers`: as versions where both sides are versions, else as texts.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use super::marker::{Operand, VERSIONS, split, tokens};
use super::{DistributionName, PythonVersion};
use crate::platform::Machine;

/// The values of marker variables for CPython on Linux.
///
/// `platform_release` and `platform_version` are empty: they belong to a kernel, not to a platform tag.
/// `python_full_version` is that of the first release of the minor version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkerEnvironment {
    values: BTreeMap<&'static str, String>,
}

impl MarkerEnvironment {
    /// Returns the values for a version of CPython on a machine.
    #[must_use]
    pub fn linux(python: &PythonVersion, machine: Machine) -> Self {
        let (major, minor) = python.numbers();
        let (short, full) = (format!("{major}.{minor}"), format!("{major}.{minor}.0"));
        let values = [
            ("implementation_name", "cpython".to_owned()),
            ("implementation_version", full.clone()),
            ("os_name", "posix".to_owned()),
            ("platform_machine", machine.name().to_owned()),
            ("platform_python_implementation", "CPython".to_owned()),
            ("platform_release", String::new()),
            ("platform_system", "Linux".to_owned()),
            ("platform_version", String::new()),
            ("python_full_version", full),
            ("python_version", short),
            ("sys_platform", "linux".to_owned()),
        ];
        Self { values: values.into_iter().collect() }
    }

    fn value(&self, variable: &str) -> &str {
        // Names from before PEP 508.
        let name = match variable {
            "python_implementation" | "platform.python_implementation" => {
                "platform_python_implementation"
            }
            "sys.platform" => "sys_platform",
            "os.name" => "os_name",
            "platform.machine" => "platform_machine",
            "platform.version" => "platform_version",
            other => other,
        };
        self.values.get(name).map_or("", String::as_str)
    }

    /// Returns whether a marker holds, if the distribution that has it is installed with these extras,
    /// normalised. As in pip, it holds if it does for one of the extras, or without any.
    pub(super) fn holds(&self, marker: &str, extras: &BTreeSet<String>) -> bool {
        let without = [""].into_iter();
        without.chain(extras.iter().map(String::as_str)).any(|extra| self.holds_for(marker, extra))
    }

    fn holds_for(&self, marker: &str, extra: &str) -> bool {
        // One level for each open parenthesis. A stack, because markers may be nested deeply.
        let mut levels = vec![Level::default()];
        for token in tokens(marker) {
            let value = match token {
                "(" => {
                    levels.push(Level::default());
                    continue;
                }
                "and" => continue,
                "or" => {
                    if let Some(level) = levels.last_mut() {
                        level.next_alternative();
                    }
                    continue;
                }
                ")" => levels.pop().is_some_and(Level::value),
                comparison => self.compare(comparison, extra),
            };
            if let Some(level) = levels.last_mut() {
                level.all &= value;
            }
        }
        levels.pop().is_some_and(Level::value)
    }

    /// Evaluates a comparison. One that is not valid does not hold.
    fn compare(&self, text: &str, extra: &str) -> bool {
        let Some((left, operator, right)) = split(text) else { return false };
        let mut variables = [left, right].into_iter().filter_map(|operand| match operand {
            Operand::Variable(variable) => Some(variable),
            Operand::Value(_) => None,
        });
        let is_version = variables.clone().any(|name| VERSIONS.contains(&name));
        let is_extra = variables.any(|name| name == "extra");
        let text = |operand: Operand<'_>| match operand {
            Operand::Variable("extra") => extra.to_owned(),
            Operand::Variable(name) => self.value(name).to_owned(),
            Operand::Value(value) if is_extra => DistributionName::from_str(value)
                .map_or_else(|_| value.to_owned(), |name| name.normalized()),
            Operand::Value(value) => value.to_owned(),
        };
        let (left, right) = (text(left), text(right));
        let by_version = is_version.then(|| as_versions(&left, operator, &right)).flatten();
        by_version.unwrap_or_else(|| match operator {
            "==" => left == right,
            "!=" => left != right,
            "in" => right.contains(&left),
            "not in" => !right.contains(&left),
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            ">=" => left >= right,
            _ => false,
        })
    }
}

/// Compares two versions; `None` if they are none.
fn as_versions(left: &str, operator: &str, right: &str) -> Option<bool> {
    let specifier: pep440_rs::VersionSpecifier = format!("{operator}{right}").parse().ok()?;
    let version: pep440_rs::Version = left.parse().ok()?;
    Some(specifier.contains(&version))
}

/// The part of a marker within one pair of parentheses, as far as it was evaluated.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Whether an alternative in front of the last `or` holds.
    any: bool,
    /// Whether all comparisons after it hold.
    all: bool,
}

impl Default for Level {
    fn default() -> Self {
        Self { any: false, all: true }
    }
}

impl Level {
    fn next_alternative(&mut self) {
        *self = Self { any: self.value(), all: true };
    }

    fn value(self) -> bool {
        self.any || self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results are those of `packaging` 25.
    #[test]
    fn markers_hold_as_in_packaging() {
        let environment = MarkerEnvironment::linux(&"3.12".parse().unwrap(), Machine::X86_64);
        for (marker, extras, expected) in [
            ("python_version >= '3.9'", &[][..], true),
            ("python_version < '3.9'", &[], false),
            ("python_version < '3.9' or sys_platform == 'linux'", &[], true),
            ("python_version < '3.9' and os_name == 'nt' or sys_platform == 'linux'", &[], true),
            ("os_name == 'posix' or os_name == 'nt' and python_version < '3'", &[], true),
            ("(os_name == 'posix' or os_name == 'nt') and python_version < '3'", &[], false),
            ("platform_machine == 'x86_64' and platform_system == 'Linux'", &[], true),
            ("platform_machine != 'aarch64'", &[], true),
            ("'3.10' <= python_version", &[], true),
            ("python_version in '3.11, 3.12'", &[], true),
            ("python_version not in '3.11, 3.12'", &[], false),
            ("sys_platform in 'linux linux2'", &[], true),
            ("python_full_version ~= '3.12.0'", &[], true),
            ("python_version == '3.1*'", &[], false),
            ("python_version == '3.*'", &[], true),
            ("implementation_name == 'pypy'", &[], false),
            ("extra == 'cuda'", &[], false),
            ("extra == 'cuda'", &["cuda"], true),
            ("extra == 'Cuda_12'", &["cuda-12", "x"], true),
            ("extra == 'a' and extra == 'b'", &["a", "b"], false),
            ("extra != 'a'", &["a"], true),
        ] {
            let extras = extras.iter().map(|&extra: &&str| extra.to_owned()).collect();
            assert_eq!(environment.holds(marker, &extras), expected, "{marker}");
        }
    }

    #[test]
    fn deep_markers_take_little_stack() {
        let environment = MarkerEnvironment::linux(&"3.12".parse().unwrap(), Machine::X86_64);
        let deep = format!("{}os_name == 'posix'{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(environment.holds(&deep, &BTreeSet::new()));
    }
}
