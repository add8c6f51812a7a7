//! Which files of a closure are loaded by themselves, and which with others.

use super::installed::Installed;
use super::process::{Module, Process};

/// The objects that are loaded by themselves.
pub(super) struct Roots {
    pub(super) is_root: Vec<bool>,
    /// Whether another object needs it.
    pub(super) is_needed: Vec<bool>,
}

impl Roots {
    /// Finds them.
    pub(super) fn of(installed: &Installed, processes: &[Process]) -> Self {
        let count = installed.objects.len();
        let mut is_needed = vec![false; count];
        for (object, process) in processes.iter().enumerate() {
            for link in process.links.iter().filter(|link| link.object == object) {
                if let Module::Object(needed) = link.module
                    && needed != object
                {
                    is_needed[needed] = true;
                }
            }
        }
        let is_started =
            |object: usize| is_module(installed, object) || installed.objects[object].is_program();
        let mut is_root: Vec<bool> =
            (0..count).map(|object| !is_needed[object] || is_started(object)).collect();
        let mut is_reached = vec![false; count];
        let reach = |object: usize, is_reached: &mut Vec<bool>| {
            processes[object].objects().for_each(|reached| is_reached[reached] = true);
        };
        for object in (0..count).filter(|&object| is_root[object]) {
            reach(object, &mut is_reached);
        }
        // Libraries that need each other in a circle.
        for object in 0..count {
            if !is_reached[object] {
                is_root[object] = true;
                reach(object, &mut is_reached);
            }
        }
        Self { is_root, is_needed }
    }
}

/// Returns whether an object is an extension module.
pub(super) fn is_module(installed: &Installed, object: usize) -> bool {
    let facts = &installed.objects[object].facts;
    facts.entry_points.iter().any(|name| name.starts_with("PyInit_"))
}
