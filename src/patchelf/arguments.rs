//! The arguments of `wheelworks patchelf`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::elf_edit::{SearchPathKind, Strip};

/// `wheelworks patchelf`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: wheelworks patchelf --replace-needed libfoo.so.1 libfoo-0123.so.1 \
                        --force-rpath --set-rpath '$ORIGIN/../pkg.libs' mod.so"
)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent options of `patchelf`")]
pub struct PatchelfArguments {
    /// ELF files to edit in place. A file that already is as requested is not written.
    #[arg(value_name = "FILE", required_unless_present = "version")]
    pub files: Vec<PathBuf>,
    /// Set `DT_SONAME`.
    #[arg(long, value_name = "NAME")]
    pub set_soname: Option<String>,
    /// Replace the needed library OLD by NEW, with the versions that are needed of it. Can be given
    /// repeatedly.
    #[arg(long, value_names = ["OLD", "NEW"], num_args = 2)]
    pub replace_needed: Vec<String>,
    /// Remove a needed library, with the versions that are needed of it. Can be given repeatedly.
    #[arg(long, value_name = "NAME")]
    pub remove_needed: Vec<String>,
    /// Add a needed library before the others. Can be given repeatedly.
    #[arg(long, value_name = "NAME")]
    pub add_needed: Vec<String>,
    /// Set the search path for libraries.
    #[arg(long, value_name = "PATHS", conflicts_with_all = ["add_rpath", "remove_rpath"])]
    pub set_rpath: Option<String>,
    /// Append to the search path for libraries. Can be given repeatedly.
    #[arg(long, value_name = "PATHS", conflicts_with = "remove_rpath")]
    pub add_rpath: Vec<String>,
    /// Remove the search path for libraries: `DT_RPATH` and `DT_RUNPATH`.
    #[arg(long)]
    pub remove_rpath: bool,
    /// Write the search path as `DT_RPATH`, which comes before `LD_LIBRARY_PATH`, and not as `DT_RUNPATH`.
    /// Alone, this converts the present one.
    #[arg(long)]
    pub force_rpath: bool,
    /// Make the stack not executable.
    #[arg(long)]
    pub clear_execstack: bool,
    /// Remove symbols and debug information that no loader reads, as `strip` does. Not an option of `patchelf`.
    #[arg(long)]
    pub strip: bool,
    /// Remove debug information only. Not an option of `patchelf`.
    #[arg(long, conflicts_with = "strip")]
    pub strip_debug: bool,
    /// Write what `--strip` removes to this file, and add a link to it: its name and its checksum. Not an option of
    /// `patchelf`.
    #[arg(long, value_name = "FILE", requires = "strip")]
    pub debug_file: Option<PathBuf>,
    /// Print the path of the program interpreter.
    #[arg(long)]
    pub print_interpreter: bool,
    /// Print whether the file requests an executable stack.
    #[arg(long)]
    pub print_execstack: bool,
    /// Print `DT_SONAME`.
    #[arg(long)]
    pub print_soname: bool,
    /// Print the search path for libraries.
    #[arg(long)]
    pub print_rpath: bool,
    /// Print the needed libraries, one a line.
    #[arg(long)]
    pub print_needed: bool,
    /// Write the edited file here, and leave the input as it is.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print the version of `patchelf` whose options these are.
    #[arg(long)]
    pub version: bool,
    /// Accepted for compatibility. Segments always get the alignment that the file has.
    #[arg(long, value_name = "SIZE", hide = true)]
    pub page_size: Option<u64>,
}

impl PatchelfArguments {
    /// Returns the files that are read.
    pub fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Returns which sections are removed.
    pub(super) fn strip(&self) -> Option<Strip> {
        match (self.strip, self.strip_debug) {
            (true, _) => Some(Strip::All),
            (_, true) => Some(Strip::Debug),
            _ => None,
        }
    }

    /// Returns the kind of a new search path.
    pub(super) fn search_path_kind(&self) -> SearchPathKind {
        if self.force_rpath { SearchPathKind::Rpath } else { SearchPathKind::Runpath }
    }
}
