//! One wheel for each architecture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Variant;
use super::arguments::SplitArguments;
use super::error::SlimError;
use super::hazards::Gpus;
use super::name::{Destination, OutputName};
use super::report::Slimmed;
use super::scanned::Scanned;
use super::selection::Selection;
use crate::context::Context;
use crate::device_code::{Architecture, ArchitectureName, Gpu, Kind};
use crate::error::Error;
use crate::wheel::BuildTag;

/// The name of the part with PTX in its build tag.
const PTX: &str = "ptx";

/// What one of the wheels keeps.
struct Part {
    /// The end of its build tag: `sm_90`, `ptx`.
    name: String,
    selection: Selection,
    gpus: Gpus,
}

/// Writes a wheel for each architecture with machine code, and one with the PTX. The wheel is read once.
pub(super) fn split(
    given: &Path,
    arguments: &SplitArguments,
    context: &Context<'_>,
    done: &mut Vec<Slimmed>,
) -> Result<(), Error> {
    let file = context.resolve(given);
    let write = &arguments.write;
    let scanned = Scanned::open(&file, write.limits.limits(), context)?;
    let parts = parts(&scanned);
    if parts.is_empty() {
        return Err(SlimError::NoDeviceCode(scanned.name()).into());
    }
    for Part { name, selection, gpus } in parts {
        let build: BuildTag = format!("{}{name}", arguments.build_number).parse()?;
        let destination = Destination {
            out: None,
            directory: &write.wheel_dir,
            build: Some(&build),
            name_file: None,
            old_name_file: None,
        };
        let name = OutputName::new(&file, &destination, context)?;
        let variant = Variant { selection: &selection, gpus, name };
        done.push(variant.write(given, &scanned, write, context)?);
    }
    Ok(())
}

/// Returns the parts of a wheel: CUDA architectures by number, with their suffixes, then PTX.
fn parts(scanned: &Scanned) -> Vec<Part> {
    let mut machine_code: BTreeMap<u32, BTreeSet<ArchitectureName>> = BTreeMap::new();
    let mut ptx = BTreeSet::new();
    for entry in scanned.libraries.iter().flat_map(|library| library.code.entries()) {
        // The names of compilers parse.
        let Ok(name) = entry.architecture_name().parse::<ArchitectureName>() else { continue };
        match (entry.kind, &entry.architecture) {
            (Kind::Ptx, _) => drop(ptx.insert(name)),
            (Kind::Cubin | Kind::LtoIr, Architecture::Cuda { number, .. }) => {
                machine_code.entry(*number).or_default().insert(name);
            }
            _ => {}
        }
    }
    let part = |(number, names): (u32, BTreeSet<ArchitectureName>)| Part {
        name: format!("sm_{number}"),
        selection: Selection::Keep(names),
        gpus: Gpus::One(Gpu(number)),
    };
    let mut parts: Vec<Part> = machine_code.into_iter().map(part).collect();
    if !ptx.is_empty() {
        let (name, selection) = (PTX.to_owned(), Selection::Keep(ptx));
        parts.push(Part { name, selection, gpus: Gpus::Later });
    }
    parts
}
