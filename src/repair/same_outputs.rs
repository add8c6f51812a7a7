//! Refuses wheels that would become one file, before anything is written.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::session::Session;
use crate::context::Context;
use crate::error::Error;
use crate::wheel::FilenameParts;
use crate::wheel_paths::WheelPathsError;

/// Returns an error if two of the repaired wheels would have one name. A repair changes the platform tags alone, so only
/// wheels that agree in all other parts of their names are analyzed for it. An error of one wheel comes when its turn
/// comes.
///
/// # Errors
/// If two names are the same, and if the request is cancelled.
pub(super) fn refuse(
    session: &Session<'_>,
    wheels: &[PathBuf],
    context: &Context<'_>,
) -> Result<(), Error> {
    let mut groups: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    for wheel in wheels {
        let name = wheel.file_name().unwrap_or_default().to_string_lossy();
        if let Ok(parts) = FilenameParts::split(&name) {
            let key = FilenameParts { platform: "", ..parts }.to_string();
            groups.entry(key).or_default().push(wheel);
        }
    }
    for group in groups.into_values().filter(|group| group.len() > 1) {
        let mut seen: HashMap<String, &Path> = HashMap::new();
        for wheel in group {
            context.cancel.check()?;
            let name = match session.new_name(wheel) {
                Ok(name) => name,
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(_) => continue,
            };
            if let Some(first) = seen.insert(name.clone(), wheel) {
                let (first, second) = (first.to_owned(), wheel.to_owned());
                return Err(WheelPathsError::SameName { first, second, name }.into());
            }
        }
    }
    Ok(())
}
