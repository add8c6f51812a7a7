//! `wheelworks patchelf`: edits ELF files in place, with the options of the program `patchelf`.
//!
//! Called by the name `patchelf`, the binary is a replacement for that program: `auditwheel repair` finds it on
//! `PATH`.

mod arguments;
mod error;
mod os_abi;
mod shrink;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use fs_err::File;

pub use self::arguments::PatchelfArguments;
use self::error::PatchelfError;
use crate::context::{Context, Report};
use crate::elf::{Detail, ElfFacts};
use crate::elf_edit::{self, DebugLink, EditError, Edits, Patch, SearchPathEdit};
use crate::error::{Error, FileError};
use crate::escape::escape_text;
use crate::source::{FileContent, Input};
use crate::temporary;

/// Bytes that are copied at once.
const COPY_STEP: usize = 1 << 16;

/// A program that is not relocated (System V ABI, chapter 4).
const ET_EXEC: u16 = 2;

/// Edits files, or prints what they have.
pub fn run(arguments: &PatchelfArguments, context: &Context<'_>) -> Result<Report, Error> {
    let outputs = [("--output", &arguments.output), ("--debug-file", &arguments.debug_file)];
    if let Some((option, _)) = outputs.into_iter().find(|(_, path)| path.is_some())
        && arguments.files.len() > 1
    {
        return Err(PatchelfError::OneOutput(option, arguments.files.len()).into());
    }
    let mut report = Report::default();
    if arguments.version {
        // `auditwheel` compares it.
        report.stdout.push_str("patchelf 0.19.3\n");
        return Ok(report);
    }
    for path in &arguments.files {
        context.cancel.check()?;
        let resolved = context.resolve(path);
        let input = Input::find(&resolved)?;
        let file = input.open()?;
        let facts = ElfFacts::read(file.bytes(), Detail::Loading)
            .map_err(|error| PatchelfError::Unreadable(path.clone(), error))?;
        print(&mut report.stdout, &facts, arguments, path)?;
        let mut edits = edits(&facts, arguments, context);
        if edits == Edits::default() && arguments.output.is_none() {
            continue;
        }
        let failed = |error| PatchelfError::Uneditable(path.clone(), error);
        let debug = debug_file(&file, arguments, &mut edits).map_err(failed)?;
        let patch = elf_edit::edit(file.bytes(), &edits).map_err(failed)?;
        if let Some((path, bytes)) = debug {
            write(&input, &file, &context.resolve(path), |mut new| new.write_all(&bytes))?;
        }
        let out = arguments.output.as_ref().map(|out| context.resolve(out));
        if out.is_some() || !patch.is_empty() {
            let target = out.unwrap_or(resolved);
            write(&input, &file, &target, |new| write_patched(new, &file, &patch))?;
        }
    }
    Ok(report)
}

/// Prints what the arguments ask for, in the form and the order of `patchelf`.
fn print(
    text: &mut String,
    facts: &ElfFacts,
    arguments: &PatchelfArguments,
    path: &Path,
) -> Result<(), PatchelfError> {
    let mut line = |value: &str| {
        let _ = writeln!(text, "{}", escape_text(value));
    };
    let has_names = facts.e_type != ET_EXEC || !facts.is_static();
    let concerns_names = arguments.print_rpath
        || arguments.print_needed
        || arguments.shrink_rpath
        || arguments.set_rpath.is_some();
    if concerns_names && !has_names {
        return Err(PatchelfError::Static(path.to_owned()));
    }
    if arguments.print_interpreter {
        let interpreter = facts.interpreter.as_ref();
        line(interpreter.ok_or_else(|| PatchelfError::NoInterpreter(path.to_owned()))?);
    }
    if arguments.print_os_abi {
        line(&os_abi::name(facts.platform.os_abi));
    }
    if let Some(soname) = facts.soname.as_ref().filter(|_| arguments.print_soname) {
        line(soname);
    }
    if arguments.print_rpath {
        line(search_path(facts).unwrap_or_default());
    }
    if arguments.print_execstack {
        line(if facts.executable_stack { "execstack: X" } else { "execstack: -" });
    }
    if arguments.print_needed {
        facts.needed.iter().for_each(|needed| line(needed));
    }
    Ok(())
}

/// Returns the search path that loaders use.
fn search_path(facts: &ElfFacts) -> Option<&str> {
    facts.runpath.as_deref().or(facts.rpath.as_deref())
}

fn edits(facts: &ElfFacts, arguments: &PatchelfArguments, context: &Context<'_>) -> Edits {
    // `patchelf` sorts them.
    let added: BTreeSet<&String> = arguments.add_needed.iter().collect();
    Edits {
        // `patchelf` gives programs none.
        soname: arguments.set_soname.clone().filter(|_| facts.e_type != ET_EXEC),
        replace_needed: arguments
            .replace_needed
            .chunks_exact(2)
            .filter_map(|pair| Some((pair.first()?.clone(), pair.last()?.clone())))
            .collect(),
        remove_needed: arguments.remove_needed.clone(),
        add_needed: added.into_iter().cloned().collect(),
        search_path: search_path_edit(facts, arguments, context),
        executable_stack: (arguments.set_execstack || arguments.clear_execstack)
            .then_some(arguments.set_execstack),
        interpreter: arguments.set_interpreter.clone(),
        os_abi: arguments.set_os_abi,
        no_default_libraries: arguments.no_default_lib,
        debug_entry: arguments.add_debug_tag,
        unversioned_symbols: arguments.clear_symbol_version.clone(),
        strip: arguments.strip(),
        debug_link: None,
    }
}

fn search_path_edit(
    facts: &ElfFacts,
    arguments: &PatchelfArguments,
    context: &Context<'_>,
) -> Option<SearchPathEdit> {
    let kind = arguments.search_path_kind();
    if arguments.remove_rpath {
        Some(SearchPathEdit::Remove)
    } else if arguments.shrink_rpath {
        let prefixes = arguments.allowed_rpath_prefixes.as_deref();
        let path = search_path(facts)?;
        Some(SearchPathEdit::Set(kind, shrink::shrunk(path, prefixes, facts, context)))
    } else if let Some(path) = &arguments.set_rpath {
        let has_path = search_path(facts).is_some();
        (has_path || !path.is_empty()).then(|| SearchPathEdit::Set(kind, path.clone()))
    } else if arguments.add_rpath.is_empty() {
        arguments.force_rpath.then_some(SearchPathEdit::Convert(kind))
    } else {
        let old = search_path(facts).filter(|path| !path.is_empty());
        let paths: Vec<&str> =
            old.into_iter().chain(arguments.add_rpath.iter().map(String::as_str)).collect();
        Some(SearchPathEdit::Set(kind, paths.join(":")))
    }
}

/// Returns the path and the bytes of the file with the debug information, and adds the link to it to the edits.
fn debug_file<'a>(
    file: &FileContent,
    arguments: &'a PatchelfArguments,
    edits: &mut Edits,
) -> Result<Option<(&'a Path, Vec<u8>)>, EditError> {
    let Some(path) = &arguments.debug_file else { return Ok(None) };
    let Some(bytes) = elf_edit::debug_file(file.bytes(), edits)? else { return Ok(None) };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    edits.debug_link = Some(DebugLink::new(name, &bytes));
    Ok(Some((path, bytes)))
}

/// Writes a file atomically, with the permissions of the input.
fn write(
    input: &Input,
    file: &FileContent,
    out: &Path,
    write: impl FnOnce(&File) -> io::Result<()>,
) -> Result<(), Error> {
    let failed = |action| FileError::on(action, out);
    let permissions = fs_err::metadata(input.path()).map_err(failed("read"))?.permissions();
    // A symbolic link stays one.
    let target = fs_err::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let temporary = temporary::beside(&target)?;
    write(temporary.as_file()).map_err(failed("write"))?;
    if !file.is_intact() {
        return Err(input.faulted().into());
    }
    input.check_unchanged()?;
    temporary.as_file().set_permissions(permissions).map_err(failed("set the permissions of"))?;
    temporary.persist(&target).map_err(|error| failed("rename a file to")(error.error))?;
    Ok(())
}

/// Writes an edited file. Runs of zero bytes become holes, as in a sparse input.
fn write_patched(mut new: &File, file: &FileContent, patch: &Patch) -> io::Result<()> {
    let mut write = |offset: u64, bytes: &[u8]| {
        new.seek(SeekFrom::Start(offset))?;
        new.write_all(bytes)
    };
    let kept = usize::try_from(patch.kept()).unwrap_or(usize::MAX);
    let (mut copy, mut offset) = (Vec::new(), 0);
    for step in file.bytes().get(..kept).unwrap_or_default().chunks(COPY_STEP) {
        // Bytes of a mapped file may change while they are written.
        copy.clear();
        copy.extend_from_slice(step);
        if copy.iter().any(|byte| *byte != 0) {
            write(offset, &copy)?;
        }
        offset += step.len() as u64;
    }
    for (offset, bytes) in patch.writes().chain([(patch.kept(), patch.tail())]) {
        write(offset, bytes)?;
    }
    new.set_len(patch.len())
}
