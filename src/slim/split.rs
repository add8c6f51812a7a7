//! One wheel for each architecture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::arguments::SplitArguments;
use super::error::SlimError;
use super::gpu::{AnyGpu, Gpus};
use super::name::{Destination, OutputName};
use super::report::Slimmed;
use super::scanned::Scanned;
use super::selection::Selection;
use super::variant::{self, VariantIndex, VariantOf};
use super::{Variant, write};
use crate::context::Context;
use crate::device_code::{Architecture, ArchitectureName, Gpu, Kind, Processor};
use crate::error::Error;
use crate::temporary;

/// The name of the part with PTX in its build tag.
const PTX: &str = "ptx";

/// What one of the wheels keeps.
struct Part {
    /// The end of its build tag: `sm_90`, `ptx`, `gfx90a`.
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
    for part in parts {
        let of = arguments.variant.then(|| variant_of(&scanned, &part, arguments)).transpose()?;
        let Part { name, selection, gpus } = part;
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

/// Returns the wheel variant that a part is.
///
/// # Errors
/// If it is for a GPU of AMD, which the provider of variants does not know.
fn variant_of(
    scanned: &Scanned,
    part: &Part,
    arguments: &SplitArguments,
) -> Result<VariantOf, SlimError> {
    let values = match &part.gpus {
        Gpus::One(AnyGpu::Nvidia(Gpu(number))) => vec![format!("{number}_real")],
        Gpus::One(AnyGpu::Amd(_)) => {
            let (wheel, part) = (scanned.name(), part.name.clone());
            return Err(SlimError::VariantVendor { wheel, part });
        }
        Gpus::All | Gpus::Later => {
            let entries = scanned.libraries.iter().flat_map(|library| library.code.entries());
            variant::values_of_ptx(entries)
        }
    };
    Ok(VariantOf { values, label: part.name.clone(), schema: arguments.variant_schema })
}

/// Returns the parts of a wheel: CUDA architectures by number, with their suffixes, then PTX, then the processors of AMD
/// with their features.
fn parts(scanned: &Scanned) -> Vec<Part> {
    let mut machine_code: BTreeMap<AnyGpu, BTreeSet<ArchitectureName>> = BTreeMap::new();
    let mut ptx = BTreeSet::new();
    for entry in scanned.libraries.iter().flat_map(|library| library.code.entries()) {
        // The names of compilers parse.
        let Ok(name) = entry.architecture_name().parse::<ArchitectureName>() else { continue };
        let gpu = match (entry.kind, &entry.architecture) {
            (Kind::Ptx, _) => {
                ptx.insert(name);
                continue;
            }
            (Kind::Cubin | Kind::LtoIr, Architecture::Cuda { number, .. }) => {
                Some(AnyGpu::Nvidia(Gpu(*number)))
            }
            (Kind::Hip, architecture) => Processor::of(architecture).map(AnyGpu::Amd),
            _ => None,
        };
        if let Some(gpu) = gpu {
            machine_code.entry(gpu).or_default().insert(name);
        }
    }
    let part = |(gpu, names): (AnyGpu, BTreeSet<ArchitectureName>)| Part {
        name: match &gpu {
            AnyGpu::Nvidia(Gpu(number)) => format!("sm_{number}"),
            // Build tags and labels have no `-`.
            AnyGpu::Amd(processor) => processor.as_str().replace('-', "_"),
        },
        selection: Selection::Part(names, Some(gpu.clone())),
        gpus: Gpus::One(gpu),
    };
    let (cuda, amd): (Vec<_>, Vec<_>) =
        machine_code.into_iter().partition(|(gpu, _)| matches!(gpu, AnyGpu::Nvidia(_)));
    let mut parts: Vec<Part> = cuda.into_iter().map(part).collect();
    if !ptx.is_empty() {
        let (name, selection) = (PTX.to_owned(), Selection::Part(ptx, None));
        parts.push(Part { name, selection, gpus: Gpus::Later });
    }
    parts.extend(amd.into_iter().map(part));
    parts
}
