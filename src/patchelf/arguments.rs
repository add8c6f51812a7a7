//! The arguments of `wheelworks patchelf`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::os_abi;
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
    /// Set the path of the program interpreter.
    #[arg(long, value_name = "PATH")]
    pub set_interpreter: Option<String>,
    /// Set the operating system in the identification: `System V`, `Linux`, `FreeBSD`….
    #[arg(long, value_name = "NAME", value_parser = os_abi::parse)]
    pub set_os_abi: Option<u8>,
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
    #[arg(long, value_name = "PATHS", conflicts_with_all = ["add_rpath", "remove_rpath", "shrink_rpath"])]
    pub set_rpath: Option<String>,
    /// Append to the search path for libraries. Can be given repeatedly.
    #[arg(long, value_name = "PATHS", conflicts_with_all = ["remove_rpath", "shrink_rpath"])]
    pub add_rpath: Vec<String>,
    /// Remove the search path for libraries: `DT_RPATH` and `DT_RUNPATH`.
    #[arg(long, conflicts_with = "shrink_rpath")]
    pub remove_rpath: bool,
    /// Remove the absolute directories from the search path in which no needed library is found on this machine.
    #[arg(long)]
    pub shrink_rpath: bool,
    /// With `--shrink-rpath`, remove the absolute directories that begin with none of these prefixes, too. They are
    /// separated by colons.
    #[arg(long, value_name = "PREFIXES")]
    pub allowed_rpath_prefixes: Option<String>,
    /// Write the search path as `DT_RPATH`, which comes before `LD_LIBRARY_PATH`, and not as `DT_RUNPATH`.
    /// Alone, this converts the present one.
    #[arg(long)]
    pub force_rpath: bool,
    /// Make the stack not executable.
    #[arg(long, conflicts_with = "set_execstack")]
    pub clear_execstack: bool,
    /// Make the stack executable.
    #[arg(long)]
    pub set_execstack: bool,
    /// Keep loaders from searching the default directories (`DF_1_NODEFLIB`).
    #[arg(long)]
    pub no_default_lib: bool,
    /// Add the entry `DT_DEBUG`, by which debuggers find the loaded libraries, if it is missing.
    #[arg(long)]
    pub add_debug_tag: bool,
    /// Remove the version of a dynamic symbol. Can be given repeatedly.
    #[arg(long, value_name = "SYMBOL")]
    pub clear_symbol_version: Vec<String>,
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
    /// Print the operating system in the identification.
    #[arg(long)]
    pub print_os_abi: bool,
    /// Print `DT_SONAME`, if there is one.
    #[arg(long)]
    pub print_soname: bool,
    /// Print the search path for libraries.
    #[arg(long)]
    pub print_rpath: bool,
    /// Print whether the file requests an executable stack.
    #[arg(long)]
    pub print_execstack: bool,
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
    /// Accepted for compatibility. Headers keep their order.
    #[arg(long, hide = true)]
    pub no_sort: bool,
    /// Accepted for compatibility. Old places are never overwritten.
    #[arg(long, hide = true)]
    pub no_clobber_old_sections: bool,
    /// Accepted for compatibility.
    #[arg(long, hide = true)]
    pub debug: bool,
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
