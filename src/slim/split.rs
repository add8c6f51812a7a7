//! One wheel for each architecture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::arguments::SplitArguments;
use super::error::SlimError;
use super::hazards::Gpus;
use super::name::{Destination, OutputName};
use super::report::Slimmed;
use super::scanned::Scanned;
use super::selection::Selection;
use super::variant::{self, VariantIndex, VariantOf};
use super::{Variant, write};
use crate::context::Context;
use crate::device_code::{Architecture, ArchitectureName, Gpu, Kind};
use crate::error::Error;
use crate::temporary;

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
    let scanned = Scanned::open(&file, arguments.write.limits.limits(), context)?;
    let parts = chosen(&scanned, &arguments.only)?;
    let (mut variants, mut listed) = (Vec::new(), Vec::new());
    for Part { name, selection, gpus } in parts {
        let of = arguments.variant.then(|| VariantOf {
            values: values_of(&scanned, gpus),
            label: name.clone(),
            schema: arguments.variant_schema,
        });
        let build = of.is_none().then(|| arguments.build_tag(&name)).transpose()?;
        let destination = Destination {
            out: None,
            directory: &arguments.write.wheel_dir,
            build: build.as_ref(),
            label: of.as_ref().map(|of| &*of.label),
            name_file: None,
            old_name_file: arguments.wheel_name_file.as_deref(),
        };
        let name = OutputName::new(&file, &destination, context)?;
        listed.extend(of.clone());
        variants.push(Variant { selection, gpus, name, of });
    }
    let Some(Variant { name, .. }) = variants.first() else { return Ok(()) };
    let directory = &arguments.write.wheel_dir;
    let index = VariantIndex::merged(directory, &name.filename, &listed, context)?;
    write(&variants, given, &scanned, &arguments.write, context, done)?;
    if arguments.write.dry_run {
        return Ok(());
    }
    if let Some(file) = &arguments.name_file {
        let names: String =
            variants.iter().flat_map(|variant| [&variant.name.true_name, "\n"]).collect();
        temporary::publish(&context.resolve(file), &names)?;
    }
    index.map_or(Ok(()), |index| index.publish())
}

/// Returns the parts of a wheel that are asked for: all, or those with these names, in the order of the wheel.
fn chosen(scanned: &Scanned, only: &[String]) -> Result<Vec<Part>, SlimError> {
    let mut parts = parts(scanned);
    if parts.is_empty() {
        return Err(SlimError::NoDeviceCode(scanned.name()));
    }
    let has = |name: &&String| parts.iter().any(|part| part.name == **name);
    if let Some(name) = only.iter().find(|name| !has(name)) {
        let found = parts.into_iter().map(|part| part.name).collect();
        return Err(SlimError::UnknownPart { wheel: scanned.name(), name: name.clone(), found });
    }
    parts.retain(|part| only.is_empty() || only.contains(&part.name));
    Ok(parts)
}

/// Returns the values of the property `sm_arch` for a part.
fn values_of(scanned: &Scanned, gpus: Gpus) -> Vec<String> {
    match gpus {
        Gpus::One(Gpu(number)) => vec![format!("{number}_real")],
        Gpus::All | Gpus::Later => {
            let entries = scanned.libraries.iter().flat_map(|library| library.code.entries());
            variant::values_of_ptx(entries)
        }
    }
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
        selection: Selection::OneGpu(names, Gpu(number)),
        gpus: Gpus::One(Gpu(number)),
    };
    let mut parts: Vec<Part> = machine_code.into_iter().map(part).collect();
    if !ptx.is_empty() {
        let (name, selection) = (PTX.to_owned(), Selection::Keep(ptx));
        parts.push(Part { name, selection, gpus: Gpus::Later });
    }
    parts
}
