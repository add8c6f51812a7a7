//! The contents of a wheel that an audit needs: tags, RECORD, directories and the facts of ELF files.
//! They come from an archive, from an unpacked wheel, or from the members that `pack` writes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use super::error::JudgeError;
use super::layout::{ANY_PYTHON, Installed, SiteLibrary, library_directory};
use super::member_paths::components;
use super::members::{Limits, MemberFacts};
use super::stable_abi::PythonAbi;
use super::unpacked_files::{facts_of_file, files_below};
use crate::context::Context;
use crate::deflate::StreamIndex;
use crate::device_code::CodeSummary;
use crate::elf::ElfFacts;
use crate::error::{Diagnose as _, Error};
use crate::object_file::ObjectFacts;
use crate::opened_wheel::{ArchiveError, DistInfoDirs, max_dist_info_file_bytes};
use crate::slash_path::file_name;
use crate::source::Input;
use crate::wheel::{
    Directories, RecordRows, TooManyDirectories, WheelFilename, WheelHeaders, WheelTags,
};

/// The contents of one wheel.
#[derive(Debug)]
pub(crate) struct Contents {
    name: String,
    platform_tags: Vec<String>,
    /// The name in `lib` of the Python that the wheel is for.
    python: String,
    /// The binary interface of Python that the wheel's tags name.
    pub(super) python_abi: PythonAbi,
    directories: Directories,
    elves: HashMap<String, Arc<ElfFacts>>,
    /// The Mach-O and PE files, by path; `None` if they were not read.
    objects: Option<BTreeMap<String, Arc<ObjectFacts>>>,
    /// The indexes of the streams of large ELF files, if they were recorded.
    indexes: HashMap<String, Arc<StreamIndex>>,
    /// The paths in RECORD, in its order.
    recorded: Vec<String>,
    /// The paths of members that are files.
    files: HashSet<String>,
    /// The device code of files, by path; `None` if it was not read.
    codes: Option<BTreeMap<String, Arc<CodeSummary>>>,
    comparison: OnceLock<RecordComparison>,
}

/// RECORD compared with the files.
#[derive(Debug, Default)]
struct RecordComparison {
    recorded_elves: Vec<String>,
    unrecorded_elves: Vec<String>,
    missing_files: Vec<String>,
}

impl Contents {
    /// Returns the contents of a wheel that is being packed. Every member is in RECORD.
    pub(crate) fn of_members(
        name: &WheelFilename,
        members: impl IntoIterator<Item = (String, Option<Arc<ElfFacts>>)>,
    ) -> Result<Self, JudgeError> {
        let mut contents = Self::named(name.to_string(), Some(&name.tags));
        for (path, facts) in members {
            contents.add_recorded(path, facts)?;
        }
        Ok(contents)
    }

    /// Returns the contents of a wheel without members.
    pub(super) fn empty() -> Self {
        Self::named(String::new(), None)
    }

    pub(super) fn named(name: String, tags: Option<&WheelTags>) -> Self {
        let mut contents = Self {
            name,
            platform_tags: Vec::new(),
            python: String::new(),
            python_abi: PythonAbi::default(),
            directories: Directories::default(),
            elves: HashMap::new(),
            objects: None,
            indexes: HashMap::new(),
            recorded: Vec::new(),
            files: HashSet::new(),
            codes: None,
            comparison: OnceLock::new(),
        };
        if let Some(tags) = tags {
            contents.set_tags(tags);
        }
        contents
    }

    fn set_tags(&mut self, tags: &WheelTags) {
        self.platform_tags = tags.platform().iter().map(str::to_owned).collect();
        self.python = library_directory(tags);
        self.python_abi = PythonAbi::of(tags);
    }

    /// Adds a member. Fails if there is already one with its path.
    pub(super) fn add(
        &mut self,
        path: String,
        facts: Option<Arc<ElfFacts>>,
    ) -> Result<(), JudgeError> {
        self.comparison.take();
        self.directories.add_parents(&path).map_err(|source| self.on_directories(source))?;
        if let Some(facts) = facts {
            self.elves.insert(path.clone(), facts);
        }
        match self.files.replace(path) {
            Some(member) => Err(JudgeError::Twice { wheel: self.name.clone(), member }),
            None => Ok(()),
        }
    }

    /// Adds a member that RECORD names next.
    pub(super) fn add_recorded(
        &mut self,
        path: String,
        facts: Option<Arc<ElfFacts>>,
    ) -> Result<(), JudgeError> {
        self.recorded.push(path.clone());
        self.add(path, facts)
    }

    /// Adds Mach-O and PE files.
    pub(crate) fn add_objects(
        &mut self,
        objects: impl IntoIterator<Item = (String, Arc<ObjectFacts>)>,
    ) {
        self.objects.get_or_insert_default().extend(objects);
    }

    /// Returns the facts of the Mach-O and PE files, by path; `None` if they were not read.
    pub(super) fn objects(&self) -> Option<&BTreeMap<String, Arc<ObjectFacts>>> {
        self.objects.as_ref()
    }

    /// Adds the device code of files.
    pub(super) fn add_codes(
        &mut self,
        codes: impl IntoIterator<Item = (String, Arc<CodeSummary>)>,
    ) {
        self.codes.get_or_insert_default().extend(codes);
    }

    /// Returns the device code of files, by path; `None` if it was not read.
    pub(super) fn codes(&self) -> Option<&BTreeMap<String, Arc<CodeSummary>>> {
        self.codes.as_ref()
    }

    /// Reads the directory of an unpacked wheel.
    pub(crate) fn of_directory(
        root: &Path,
        limits: Limits,
        context: &Context<'_>,
    ) -> Result<Self, Error> {
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut contents = Self::named(name, None);
        let paths = files_below(root, context)?;
        let facts = context.pool.install(|| {
            paths
                .into_par_iter()
                .map(|path| {
                    context.cancel.check()?;
                    let facts = facts_of_file(&root.join(&path), &path, limits)?;
                    Ok((path, facts))
                })
                .collect::<Result<Vec<_>, Error>>()
        })?;
        for (path, MemberFacts { elf, object, code, .. }) in facts {
            contents.add_objects(object.map(|object| (path.clone(), Arc::new(object))));
            if limits.has_device_code() {
                contents.add_codes(code.map(|code| (path.clone(), Arc::new(code))));
            }
            contents.add(path, elf.map(Arc::new))?;
        }
        let dist_info = contents.dist_info()?;
        let record = format!("{dist_info}/RECORD");
        let text = contents.read_metadata(root, &record)?;
        contents.set_record(&record, &text)?;
        let wheel = format!("{dist_info}/WHEEL");
        let text = contents.read_metadata(root, &wheel)?;
        let tags = WheelHeaders::parse(&text).and_then(|headers| headers.tags());
        let tags = tags.map_err(|error| JudgeError::Metadata {
            wheel: contents.name.clone(),
            member: wheel,
            problem: error.to_string(),
            hint: error.hint(),
        })?;
        contents.set_tags(&tags);
        Ok(contents)
    }

    fn read_metadata(&self, root: &Path, member: &str) -> Result<Vec<u8>, JudgeError> {
        if !self.files.contains(member) {
            return Err(JudgeError::Missing {
                wheel: self.name.clone(),
                member: member.to_owned(),
            });
        }
        let input = Input::find(&root.join(member))?;
        let (limit, found) = (max_dist_info_file_bytes(member), input.len());
        if found > limit {
            let (archive, member) = (root.to_owned(), member.to_owned());
            return Err(ArchiveError::LongMetadata { archive, member, limit, found }.into());
        }
        let bytes = input.read()?;
        input.check_unchanged()?;
        Ok(bytes)
    }

    pub(super) fn add_directory(&mut self, name: &str) -> Result<(), JudgeError> {
        let path = components(name).join("/");
        self.directories.add(&path).map_err(|source| self.on_directories(source))
    }

    fn on_directories(&self, source: TooManyDirectories) -> JudgeError {
        JudgeError::Directories { wheel: self.name.clone(), source }
    }

    /// Returns the path of the one dist-info directory.
    pub(super) fn dist_info(&self) -> Result<String, JudgeError> {
        let tops = self.directories.iter().filter(|path| !path.contains('/'));
        DistInfoDirs::among(tops.map(String::as_str))
            .only()
            .map_err(|source| JudgeError::DistInfo { wheel: self.name.clone(), source })
    }

    /// Returns the path of the directory for files that are not installed into site-packages, if the
    /// wheel has one.
    pub(crate) fn data_directory(&self) -> Option<String> {
        let dist_info = self.dist_info().ok()?;
        let data = format!("{}.data", dist_info.strip_suffix(".dist-info")?);
        self.directories.contains(&data).then_some(data)
    }

    /// Sets the recorded paths to those of a RECORD.
    pub(super) fn set_record(&mut self, member: &str, text: &[u8]) -> Result<(), JudgeError> {
        self.recorded = self.record_paths(member, text)?;
        self.comparison.take();
        Ok(())
    }

    /// Parses the paths of a RECORD. `check` verifies its digests.
    fn record_paths(&self, member: &str, text: &[u8]) -> Result<Vec<String>, JudgeError> {
        let mut paths = Vec::new();
        for row in RecordRows::new(text) {
            let row = row.map_err(|error| JudgeError::Metadata {
                wheel: self.name.clone(),
                member: member.to_owned(),
                problem: error.to_string(),
                hint: error.hint(),
            })?;
            if row.field_count() > 0 {
                paths.push(components(&String::from_utf8_lossy(row.path())).join("/"));
            }
        }
        Ok(paths)
    }

    /// Returns the wheel's file name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the platform tags of the file name or, for an unpacked wheel, of WHEEL.
    pub(crate) fn platform_tags(&self) -> Vec<&str> {
        self.platform_tags.iter().map(String::as_str).collect()
    }

    /// Returns where the files are once the wheel is installed; `None` if that is as in the archive.
    pub(super) fn installed(&self) -> Result<Option<Installed>, JudgeError> {
        let Some(data) = self.data_directory() else { return Ok(None) };
        let is_object = |path: &str| {
            self.elf(path).is_some() || self.objects().is_some_and(|it| it.contains_key(path))
        };
        let installed = Installed::new(&data, &self.python, self.files.iter(), is_object);
        installed.map(Some).map_err(|source| self.on_directories(source))
    }

    /// Returns the facts of the ELF file at a path.
    pub(crate) fn elf(&self, path: &str) -> Option<&Arc<ElfFacts>> {
        self.elves.get(path)
    }

    /// Returns the index of the stream of the ELF file at a path.
    pub(crate) fn stream_index(&self, path: &str) -> Option<&Arc<StreamIndex>> {
        self.indexes.get(path)
    }

    /// Returns whether any index of a stream was added.
    pub(super) fn has_stream_indexes(&self) -> bool {
        !self.indexes.is_empty()
    }

    /// Adds the index of the stream of the ELF file at a path.
    pub(super) fn add_stream_index(&mut self, path: &str, index: StreamIndex) {
        self.indexes.insert(path.to_owned(), Arc::new(index));
    }

    /// Returns the paths of the members that are files.
    pub(crate) fn files(&self) -> &HashSet<String> {
        &self.files
    }

    /// Iterates over the ELF files, in no order.
    pub(crate) fn elves(&self) -> impl Iterator<Item = (&str, &Arc<ElfFacts>)> {
        self.elves.iter().map(|(path, facts)| (path.as_str(), facts))
    }

    /// Iterates over the names that the loader finds the ELF files by: file names and sonames.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &str> {
        self.elves
            .iter()
            .flat_map(|(path, facts)| [file_name(path)].into_iter().chain(facts.soname.as_deref()))
    }

    /// Returns the names that the loader finds the ELF files by, each with where the file is once the wheel is
    /// installed; `None` outside of site-packages. `is_purelib`: where the root of the archive goes.
    pub(super) fn site_libraries(&self, is_purelib: bool) -> BTreeMap<String, Option<SiteLibrary>> {
        let data = self.data_directory().map(|data| data + "/");
        let mut found = BTreeMap::new();
        let elves = self.elves.iter().map(|(path, facts)| (path, facts.soname.clone()));
        let objects = self.objects.iter().flatten();
        let objects = objects.map(|(path, facts)| (path, facts.library_name(path)));
        let sorted: BTreeMap<_, _> = elves.chain(objects).collect();
        for (path, soname) in sorted {
            let inner = data.as_ref().and_then(|data| path.strip_prefix(&**data));
            let (path, is_purelib) = match inner.map(|inner| inner.split_once('/')) {
                None => (Some(path.as_str()), is_purelib),
                Some(Some(("platlib", path))) => (Some(path), false),
                Some(Some(("purelib", path))) => (Some(path), true),
                Some(_) => (None, false),
            };
            let directory =
                path.map(|it| it.rsplit_once('/').map_or("", |(directory, _)| directory));
            let library = directory
                .map(|directory| SiteLibrary { directory: directory.to_owned(), is_purelib });
            for name in path.map(file_name).into_iter().chain(soname.as_deref()) {
                found.entry(name.to_owned()).or_insert_with(|| library.clone());
            }
        }
        found
    }

    /// Returns the name of the directory in `lib` of the Python that the wheel is for; `None` if its tags leave the
    /// version open.
    pub(crate) fn python(&self) -> Option<&str> {
        Some(self.python.as_str()).filter(|name| *name != ANY_PYTHON)
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        path.is_empty() || self.directories.contains(path)
    }

    /// Returns the paths of the ELF files in RECORD, in its order, without duplicates.
    pub(super) fn recorded_elves(&self) -> &[String] {
        &self.comparison().recorded_elves
    }

    /// Returns the paths of the ELF files that are not in RECORD, sorted.
    pub(super) fn unrecorded_elves(&self) -> &[String] {
        &self.comparison().unrecorded_elves
    }

    /// Returns the paths in RECORD without a file.
    pub(super) fn missing_files(&self) -> &[String] {
        &self.comparison().missing_files
    }

    fn comparison(&self) -> &RecordComparison {
        self.comparison.get_or_init(|| {
            let mut found = RecordComparison::default();
            let mut seen = HashSet::new();
            for path in &self.recorded {
                if self.elves.contains_key(path) && seen.insert(path) {
                    found.recorded_elves.push(path.clone());
                }
                if !self.files.contains(path) {
                    found.missing_files.push(path.clone());
                }
            }
            let unrecorded = self.elves.keys().filter(|path| !seen.contains(path));
            found.unrecorded_elves = unrecorded.cloned().collect();
            found.unrecorded_elves.sort_unstable();
            found
        })
    }
}
