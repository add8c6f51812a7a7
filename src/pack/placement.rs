//! Computes the paths of files in the wheel from the options.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::arguments::ContentArguments;
use super::dest_src::DestSrc;
use super::error::{ArgumentsError, TreeError};
use crate::context::Context;
use crate::error::Error;
use crate::source::Input;
use crate::wheel::{MemberPath, WheelError};
use crate::wheel_writer::Member;

/// The options that decide the paths of members.
pub(super) struct Placement<'a> {
    arguments: &'a ContentArguments,
    /// The DEST of `--place`, by source.
    places: HashMap<&'a Path, String>,
    /// The DEST of `--rename`, by source. A directory stands for all files in it.
    renamed: HashMap<&'a Path, String>,
    /// Whether each `--strip-path-prefix` was removed from a path.
    stripped: Vec<Cell<bool>>,
    context: &'a Context<'a>,
}

impl<'a> Placement<'a> {
    pub(super) fn new(
        arguments: &'a ContentArguments,
        context: &'a Context<'a>,
    ) -> Result<Self, ArgumentsError> {
        let mut places = HashMap::new();
        for text in &arguments.places {
            let DestSrc { destination, source } = DestSrc::parse("--place", text)?;
            places.insert(Path::new(source), destination);
        }
        let mut renamed = HashMap::new();
        for text in &arguments.renames {
            let DestSrc { destination, source } = DestSrc::parse("--rename", text)?;
            renamed.insert(Path::new(source), destination);
        }
        let stripped = vec![Cell::new(false); arguments.strip_path_prefixes.len()];
        Ok(Self { arguments, places, renamed, stripped, context })
    }

    /// Adds the members that `option`, `--member` or a similar one, names. `to` maps a DEST, or drops the member;
    /// `below` is the prefix of its path.
    pub(super) fn members(
        &self,
        option: &'static str,
        texts: &[OsString],
        to: impl Fn(String) -> Option<String>,
        below: &str,
        members: &mut Vec<Member>,
    ) -> Result<(), Error> {
        members.reserve(texts.len());
        for text in texts {
            self.context.cancel.check()?;
            let DestSrc { destination, source } = DestSrc::parse(option, text)?;
            let Some(destination) = to(destination) else { continue };
            if self.is_renamed(Path::new(source)) {
                continue;
            }
            let placed = self.placed(Path::new(source));
            let path = self.path(placed.as_deref().unwrap_or(&destination), below)?;
            let input = Input::find(&self.context.resolve(Path::new(source)))?;
            members.push(Member::from_program_or_data(path, input));
        }
        Ok(())
    }

    /// Adds the members that `--rename`, `--data-file` or `--distinfo-file` names, at DEST below `root`, which may
    /// be empty.
    pub(super) fn exactly(
        &self,
        option: &'static str,
        texts: &[OsString],
        root: &str,
        members: &mut Vec<Member>,
    ) -> Result<(), Error> {
        for text in texts {
            let DestSrc { destination, source } = DestSrc::parse(option, text)?;
            let path = self.context.resolve(Path::new(source));
            let place = join(root, destination.trim_end_matches('/'));
            if path.is_dir() {
                self.tree(&path, &place, members)?;
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_directory = destination.is_empty() || destination.ends_with('/');
            let place = if is_directory { join(&place, &name) } else { place };
            let input = Input::find(&path)?;
            members.push(Member::from_program_or_data(parse(&place)?, input));
        }
        Ok(())
    }

    /// Adds all files of a directory.
    fn tree(&self, root: &Path, place: &str, members: &mut Vec<Member>) -> Result<(), Error> {
        for entry in WalkDir::new(root).follow_links(true).sort_by_file_name() {
            self.context.cancel.check()?;
            let entry =
                entry.map_err(|source| TreeError::Walk { tree: root.to_owned(), source })?;
            if entry.file_type().is_dir() {
                continue;
            }
            let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
            let relative = MemberPath::from_os_str(relative.as_os_str())
                .map_err(|source| TreeError::Name { file: entry.path().to_owned(), source })?;
            let input = Input::find(entry.path())?;
            let path = parse(&join(place, relative.as_str()))?;
            members.push(Member::from_program_or_data(path, input));
        }
        Ok(())
    }

    /// Returns the path that `--place` gives to a source or to a directory that holds it.
    fn placed(&self, source: &Path) -> Option<String> {
        if self.places.is_empty() {
            return None;
        }
        source.ancestors().find_map(|ancestor| {
            let relative = source.strip_prefix(ancestor).ok()?.to_str()?;
            Some(join(self.places.get(ancestor)?, relative))
        })
    }

    /// Whether `--rename` names the source or a directory that holds it.
    fn is_renamed(&self, source: &Path) -> bool {
        !self.renamed.is_empty()
            && source.ancestors().any(|ancestor| self.renamed.contains_key(ancestor))
    }

    /// Returns the destination without the first matching prefix, and with `below` in front.
    pub(super) fn path(&self, destination: &str, below: &str) -> Result<MemberPath, Error> {
        let mut stripped =
            self.arguments.strip_path_prefixes.iter().zip(&self.stripped).filter_map(
                |(prefix, used)| {
                    let rest = destination.strip_prefix(prefix)?;
                    // As in `py_wheel` of rules_python, `a` strips the directory `a/`, too.
                    let is_open = !prefix.is_empty() && !prefix.ends_with('/');
                    let rest = rest.strip_prefix('/').filter(|_| is_open).unwrap_or(rest);
                    Some((prefix, used, rest))
                },
            );
        let Some((prefix, used, stripped)) = stripped.next() else {
            return parse(&format!("{below}{destination}"));
        };
        used.set(true);
        // The rest must be a valid path by itself, without the added prefix.
        let checked =
            stripped.parse::<MemberPath>().map_err(|source| ArgumentsError::Stripped {
                prefix: prefix.clone(),
                destination: destination.to_owned(),
                stripped: stripped.to_owned(),
                source,
            })?;
        if below.is_empty() { Ok(checked) } else { parse(&format!("{below}{stripped}")) }
    }

    /// Returns the values of `--strip-path-prefix` that no path begins with.
    pub(super) fn unused_prefixes(&self) -> impl Iterator<Item = &str> {
        let all = self.arguments.strip_path_prefixes.iter().zip(&self.stripped);
        all.filter(|(_, used)| !used.get()).map(|(prefix, _)| prefix.as_str())
    }

    /// Returns the path of a source, as the request resolves it.
    pub(super) fn resolve(&self, source: &str) -> PathBuf {
        self.context.resolve(Path::new(source))
    }
}

fn join(root: &str, path: &str) -> String {
    match (root, path) {
        ("", _) => path.to_owned(),
        (_, "") => root.to_owned(),
        _ => format!("{root}/{path}"),
    }
}

fn parse(path: &str) -> Result<MemberPath, Error> {
    Ok(path.parse().map_err(WheelError::from)?)
}
