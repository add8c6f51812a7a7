//! Warns of machine code for a CPU that the platform tags of the wheel do not name. The usual cause is a
//! build that confuses host and target.

use crate::escape::escape_truncated;
use crate::platform::Machine;
use crate::wheel::{MemberPath, PlatformTag, WheelTags};

/// The number of members that a warning names.
const NAMED: usize = 3;

/// Returns one warning for each foreign CPU. `machines` are the members with machine code, in archive order.
pub(super) fn warnings(tags: &WheelTags, machines: &[(MemberPath, Machine)]) -> Vec<String> {
    let platforms: Vec<PlatformTag> = tags.platforms().collect();
    let mut foreign: Vec<&(MemberPath, Machine)> =
        machines.iter().filter(|(_, machine)| is_foreign(*machine, &platforms)).collect();
    foreign.sort_by_key(|(_, machine)| *machine);
    let groups = foreign.chunk_by(|(_, one), (_, other)| one == other);
    groups.map(|group| warning(group, &platforms)).collect()
}

/// Whether no platform of the wheel may run code for this CPU. `any` alone promises that there
/// is no machine code.
fn is_foreign(machine: Machine, platforms: &[PlatformTag]) -> bool {
    platforms.iter().all(|platform| *platform == PlatformTag::Any)
        || !platforms.iter().any(|platform| platform.may_run(machine))
}

/// Returns the warning about members for one CPU.
fn warning(group: &[&(MemberPath, Machine)], platforms: &[PlatformTag]) -> String {
    let machine = group[0].1;
    let platforms: Vec<String> = platforms.iter().map(PlatformTag::to_string).collect();
    let mut names: Vec<String> = group
        .iter()
        .take(NAMED)
        .map(|(path, _)| format!("`{}`", escape_truncated(path.as_str())))
        .collect();
    if group.len() > NAMED {
        names.push(format!("{} more", group.len() - NAMED));
    }
    format!(
        "code for {machine} in a wheel for `{}`: {}\nhint: correct the platform tag, or build for its CPU",
        platforms.join("."),
        names.join(", ")
    )
}
