//! Reads the requirements of a declared wheel from files, and those of extras.

use std::path::Path;

use super::arguments::MetadataArguments;
use super::dest_src::{DestSrc, utf8};
use super::error::ArgumentsError;
use crate::context::Context;
use crate::error::Error;
use crate::source::{Input, read_small};
use crate::wheel::{DistributionName, MetadataFields, Requirement, WheelError, requirement_lines};

/// Adds requirements to the fields of METADATA, those of extras last. The files go to `other_inputs`.
pub(super) fn read(
    given: &MetadataArguments,
    fields: &mut MetadataFields,
    other_inputs: &mut Vec<Input>,
    context: &Context<'_>,
) -> Result<(), Error> {
    for file in &given.requires_files {
        fields.requires_dist.extend(lines_of(file, other_inputs, context)?);
    }
    for text in &given.extra_requires {
        let (extra, requirement) =
            text.split_once(':').ok_or_else(|| ArgumentsError::ExtraForm {
                option: "--extra-requires",
                text: text.clone(),
                expected: "EXTRA:REQUIREMENT",
                example: "cuda:nvidia-cublas-cu12>=12.1",
            })?;
        let extra: DistributionName = extra.parse().map_err(WheelError::from)?;
        let requirement: Requirement = requirement.parse().map_err(WheelError::from)?;
        fields.requires_dist.push(requirement.with_extra(&extra));
        fields.extras.push(extra);
    }
    for text in &given.extra_requires_files {
        const OPTION: &str = "--extra-requires-file";
        let named = DestSrc::parse(OPTION, text).map_err(|_| ArgumentsError::ExtraForm {
            option: OPTION,
            text: utf8(OPTION, text).unwrap_or_default().to_owned(),
            expected: "EXTRA=FILE",
            example: "cuda=cuda_requirements.txt",
        })?;
        let extra: DistributionName = named.destination.parse().map_err(WheelError::from)?;
        let requirements = lines_of(Path::new(named.source), other_inputs, context)?;
        fields.requires_dist.extend(requirements.iter().map(|it| it.with_extra(&extra)));
        fields.extras.push(extra);
    }
    Ok(())
}

fn lines_of(
    file: &Path,
    other_inputs: &mut Vec<Input>,
    context: &Context<'_>,
) -> Result<Vec<Requirement>, Error> {
    let path = context.resolve(file);
    let (input, bytes) = read_small(&path)?;
    other_inputs.push(input);
    let lines = requirement_lines(&String::from_utf8_lossy(&bytes));
    lines
        .into_iter()
        .map(|(number, requirement)| {
            requirement.map_err(|source| {
                let (file, source) = (path.clone(), source.into());
                ArgumentsError::RequirementsLine { file, number, source }.into()
            })
        })
        .collect()
}
