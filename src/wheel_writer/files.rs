//! Writes the files of a wheel to a directory, RECORD among them, without an archive.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use fs_err::File;
use rayon::ThreadPool;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::classify::is_program;
use super::member::Member;
use super::member_bytes::MemberBytes;
use super::member_source::MemberSource;
use super::plan::WheelPlan;
use super::scratch::Scratch;
use crate::digest::{sha256, sha256_of};
use crate::elf;
use crate::error::{Error, FileError};
use crate::exec::CancelFlag;
use crate::platform::Machine;
use crate::source::Input;
use crate::temporary::folder_of;
use crate::wheel::{Directories, MemberPath, Record, RecordRow, Sha256Digest, WheelError};
use crate::zip::Mode;

/// Bytes that the kernel copies between two checks of the cancel flag.
const COPY_STEP_BYTES: u64 = 64 << 20;

/// The result of writing the files.
pub(crate) struct WrittenFiles {
    /// The members' rows of RECORD, in archive order.
    pub(crate) rows: Vec<RecordRow>,
    /// The CPUs of members that are ELF files, in archive order.
    pub(crate) machines: Vec<(MemberPath, Machine)>,
    /// Length of all files in bytes, RECORD among them.
    pub(crate) bytes: u64,
}

/// Writes the files of a wheel to the empty directory `root`: the same paths, content, permissions and RECORD
/// as in the archive. `on_written` receives the length of each file in bytes.
///
/// Files are copied by the kernel, which shares their blocks on file systems with reflinks. They are never
/// hard-linked: a build system makes its outputs read-only, and that would reach the sources.
///
/// # Errors
/// If a file cannot be read or written, or on cancellation.
pub(crate) fn write_files(
    plan: &WheelPlan,
    root: &Path,
    pool: &ThreadPool,
    cancel: &CancelFlag,
    on_written: &(dyn Fn(u64) + Sync),
) -> Result<WrittenFiles, Error> {
    let record_path = plan.members.record_path();
    create_directories(plan, root, cancel)?;
    let scratch = Scratch { directory: folder_of(&plan.out), cancel, pool: None };
    let members: Vec<&Member> = plan.members.iter().collect();
    let write = |member: &&Member| {
        cancel.check()?;
        let written = write_member(member, root, scratch)?;
        on_written(member.len());
        Ok(written)
    };
    let written: Vec<_> =
        pool.install(|| members.par_iter().map(write).collect::<Result<_, Error>>())?;
    let mut rows = Vec::with_capacity(written.len());
    let mut machines = Vec::new();
    for (row, machine) in written {
        machines.extend(machine.map(|machine| (row.path.clone(), machine)));
        rows.push(row);
    }
    let record = Record::new(rows).map_err(WheelError::from)?;
    let text = record.render(record_path).map_err(WheelError::from)?;
    write_bytes(&root.join(record_path.as_str()), &text, Mode::Plain)?;
    let rows = record.into_rows();
    let bytes = rows.iter().map(|row| row.size).sum::<u64>() + text.len() as u64;
    Ok(WrittenFiles { rows, machines, bytes })
}

/// Creates the directories of all members and of RECORD, with the permissions 0755 for any umask.
fn create_directories(plan: &WheelPlan, root: &Path, cancel: &CancelFlag) -> Result<(), Error> {
    let mut directories = Directories::default();
    let paths = plan.members.iter().map(|member| &member.path);
    for path in paths.chain([plan.members.record_path()]) {
        directories.add_parents(path.as_str())?;
    }
    for directory in &directories {
        cancel.check()?;
        let path = root.join(directory);
        let made = fs_err::create_dir(&path).and_then(|()| open_to_all(&path));
        made.map_err(FileError::on("create", &path))?;
    }
    Ok(())
}

/// Writes one member. Returns its row of RECORD, and its CPU if it is an ELF file.
fn write_member(
    member: &Member,
    root: &Path,
    scratch: Scratch<'_>,
) -> Result<(RecordRow, Option<Machine>), Error> {
    let path = root.join(member.path.as_str());
    let content = MemberBytes::open(&member.source, scratch)?;
    let edited = content.is_overlaid().then(|| content.copy(0..content.bytes().len()));
    let edited = edited.transpose()?;
    let bytes = edited.as_deref().unwrap_or_else(|| content.bytes());
    let mode = member.mode(is_program(bytes));
    let machine = elf::machine(bytes);
    let digest = if let MemberSource::File(input) = &member.source
        && member.source.is_large()
    {
        copy(input, &path, mode, scratch.cancel)?
    } else {
        write_bytes(&path, bytes, mode)?;
        sha256(bytes)
    };
    content.check_intact()?;
    let size = bytes.len() as u64;
    Ok((RecordRow { path: member.path.clone(), digest, size }, machine))
}

/// Copies a file. Returns the digest of the copy, which counts even if the file has changed since.
fn copy(input: &Input, to: &Path, mode: Mode, cancel: &CancelFlag) -> Result<Sha256Digest, Error> {
    let from = File::open(input.path()).map_err(FileError::on("read", input.path()))?;
    let file = File::create_new(to).map_err(FileError::on("create", to))?;
    loop {
        cancel.check()?;
        // Between two files, the standard library uses `copy_file_range`.
        let copied = io::copy(&mut from.file().take(COPY_STEP_BYTES), &mut file.file());
        if copied.map_err(FileError::on("write", to))? < COPY_STEP_BYTES {
            break;
        }
    }
    set_mode(&file, mode).map_err(FileError::on("change the permissions of", to))?;
    let copied = Input::find(to)?;
    if copied.len() != input.len() {
        return Err(input.changed().into());
    }
    sha256_of(&copied.open()?, cancel)
}

/// Writes a file.
fn write_bytes(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), FileError> {
    let mut file = File::create_new(path).map_err(FileError::on("create", path))?;
    file.write_all(bytes).map_err(FileError::on("write", path))?;
    set_mode(&file, mode).map_err(FileError::on("change the permissions of", path))
}

/// Sets the permissions of a file, for any umask of the process.
#[cfg(unix)]
pub(crate) fn set_mode(file: &File, mode: Mode) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode.permissions()))
}

#[cfg(not(unix))]
pub(crate) fn set_mode(_: &File, _: Mode) -> io::Result<()> {
    Ok(())
}

/// Gives a directory the permissions 0755, for any umask of the process.
#[cfg(unix)]
pub(crate) fn open_to_all(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
pub(crate) fn open_to_all(_: &Path) -> io::Result<()> {
    Ok(())
}
