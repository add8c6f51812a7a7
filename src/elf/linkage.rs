//! The dynamic symbols of a file: what it defines, what it needs of others, and how loaders match the two.
//!
//! A [`Linkage`] comes from the bytes that [`ElfFacts`](super::ElfFacts) come from: program headers, dynamic
//! section, string table, symbol table, and the tables of versions. It takes memory for one copy of the string table,
//! 16 bytes for each symbol, and 8 bytes more for each definition.
//!
//! Relocations are not read. A loader looks up the undefined symbols that relocations use; link editors write
//! no others, as a rule.

use std::ops::Range;

use object::elf;

use super::dynamic_symbols::{
    Binding, DefinedVersion, Definition, Reference, RequiredVersion, Symbol, SymbolKind,
    VersionIndex, Visibility,
};
use super::link_flags::{Filtee, LinkFlags, TlsBlock};
use super::name_hash::SymbolName;

/// The lowest version index of a reference without a version at which a definition is no longer accepted at once:
/// 0 is local, 1 is without a version, and 2 is the first version.
const FIRST_LATER_VERSION: u16 = 3;

/// The dynamic symbols of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linkage {
    pub(super) soname: Option<Box<str>>,
    /// The string table.
    pub(super) names: Box<[u8]>,
    /// In the order of the symbol table.
    pub(super) definitions: Vec<Symbol>,
    /// In the order of the symbol table.
    pub(super) references: Vec<Symbol>,
    /// Hashes of the definitions' names and their positions, sorted.
    pub(super) by_hash: Vec<(u32, u32)>,
    /// Whether the symbols have versions (`DT_VERSYM`).
    pub(super) has_versions: bool,
    /// The meaning of version indices from 2 on, sorted by index.
    pub(super) versions: Vec<VersionIndex>,
    pub(super) required: Vec<RequiredVersion>,
    pub(super) defined: Vec<DefinedVersion>,
    pub(super) flags: LinkFlags,
    pub(super) filtees: Vec<Filtee>,
    pub(super) tls: Option<TlsBlock>,
    /// Byte ranges of the file in which string literals can be.
    pub(super) literals: Vec<Range<u64>>,
}

impl Linkage {
    /// Iterates over the definitions, in the order of the symbol table.
    #[must_use]
    pub fn definitions(&self) -> impl ExactSizeIterator<Item = Definition<'_>> {
        self.definitions.iter().map(|symbol| self.definition(*symbol))
    }

    /// Returns the hashes of the definitions' names ([`SymbolName::hash`]), each with the definition's position in
    /// [`Self::definitions`], sorted by hash.
    #[must_use]
    pub fn hashes(&self) -> &[(u32, u32)] {
        &self.by_hash
    }

    /// Returns the definition at a position in [`Self::definitions`].
    #[must_use]
    pub fn definition_at(&self, position: u32) -> Option<Definition<'_>> {
        self.definitions.get(position as usize).map(|symbol| self.definition(*symbol))
    }

    /// Iterates over the undefined symbols, in the order of the symbol table.
    #[must_use]
    pub fn references(&self) -> impl ExactSizeIterator<Item = Reference<'_>> {
        self.references.iter().map(|symbol| Reference {
            name: self.name(*symbol),
            version: self.version(symbol.version),
            is_weak: symbol.binding() == Binding::Weak,
            kind: symbol.kind(),
            visibility: symbol.visibility(),
        })
    }

    /// Returns the versions that it needs, in the order of the table; [`RequiredVersion::library`] is set in all
    /// of them.
    #[must_use]
    pub fn required_versions(&self) -> &[RequiredVersion] {
        &self.required
    }

    /// Returns the versions that it defines, in the order of the table, with those that stand for the file
    /// itself. glibc's loader counts these, too, where it verifies that a needed version is defined.
    #[must_use]
    pub fn defined_versions(&self) -> &[DefinedVersion] {
        &self.defined
    }

    /// Returns whether glibc's loader accepts the file as the library of a required version (`match_symbol` in its
    /// `elf/dl-version.c`): it defines the version, or no version at all, or the requirement is weak. If not, the
    /// loader fails with `version ... not found`, whether a symbol has that version or not.
    #[must_use]
    pub fn accepts_requirement(&self, required: &RequiredVersion) -> bool {
        required.is_weak
            || self.defined.is_empty()
            || self.defined.iter().any(|it| it.name == required.name)
    }

    /// Returns its flags for the loader.
    #[must_use]
    pub fn flags(&self) -> LinkFlags {
        self.flags
    }

    /// Returns the libraries whose definitions precede its own (`DT_FILTER`, `DT_AUXILIARY`), in order.
    #[must_use]
    pub fn filtees(&self) -> &[Filtee] {
        &self.filtees
    }

    /// Returns its thread-local variables, if it has any.
    #[must_use]
    pub fn tls(&self) -> Option<TlsBlock> {
        self.tls
    }

    /// Returns the sorted byte ranges of the file that are loaded read-only, without the string table, and without code
    /// if that has segments of its own: where string literals are.
    #[must_use]
    pub fn literals(&self) -> &[Range<u64>] {
        &self.literals
    }

    /// Returns the definition that glibc's loader takes from this file for a reference, as `do_lookup_x` and
    /// `check_match` in its `elf/dl-lookup.c` choose it:
    ///
    /// - A reference with a version finds the definition with that version, hidden or not. It also finds one without
    ///   a version: of index 0 or 1 and not hidden, or in a file without a table of versions, unless that file has the
    ///   soname of [`RequiredVersion::library`]; there, a failed assertion ends the process.
    /// - A reference without a version finds a definition without one, or of the file's first version (index 2), hidden
    ///   or not. Of later versions it finds the one that is not hidden, if there is exactly one.
    /// - A name whose first match is hidden or internal is not found in this file.
    ///
    /// Of several matches, the first in the symbol table counts.
    ///
    /// If nothing is found in the library of [`RequiredVersion::library`], the search goes on in the next file.
    #[must_use]
    pub fn lookup(
        &self,
        name: SymbolName<'_>,
        version: Option<&RequiredVersion>,
    ) -> Option<Definition<'_>> {
        let mut later = None;
        let mut later_count = 0;
        let mut found = None;
        for symbol in self.named(name) {
            let accepts = match version {
                Some(wanted) if !self.has_versions => {
                    wanted.library.is_none() || wanted.library != self.soname
                }
                None if !self.has_versions => true,
                Some(wanted) => match self.version(symbol.version) {
                    Some(own) => own.name == wanted.name,
                    None => !symbol.has_hidden_version() && !wanted.is_hidden,
                },
                None if symbol.version_index() < FIRST_LATER_VERSION => true,
                None => {
                    if !symbol.has_hidden_version() {
                        later_count += 1;
                        later = Some(symbol);
                    }
                    false
                }
            };
            if accepts {
                found = Some(symbol);
                break;
            }
        }
        let symbol = found.or_else(|| later.filter(|_| later_count == 1))?;
        (symbol.visibility() != Visibility::Hidden).then(|| self.definition(symbol))
    }

    /// Returns the definition that musl's loader takes from this file: the first one whose version is not hidden. musl
    /// ignores versions and visibilities otherwise, and knows no `STT_GNU_IFUNC`.
    #[must_use]
    pub fn lookup_by_musl(&self, name: SymbolName<'_>) -> Option<Definition<'_>> {
        let is_seen = |symbol: &Symbol| !self.has_versions || !symbol.has_hidden_version();
        let symbol = self.named(name).find(is_seen)?;
        (symbol.kind() != SymbolKind::IndirectFunction).then(|| self.definition(symbol))
    }

    /// Returns the number of definitions with the hash of a name: the most that a lookup compares.
    #[must_use]
    pub fn count_with_hash(&self, name: SymbolName<'_>) -> usize {
        self.with_hash(name).len()
    }

    fn with_hash(&self, name: SymbolName<'_>) -> &[(u32, u32)] {
        let first = self.by_hash.partition_point(|(hash, _)| *hash < name.hash());
        let rest = self.by_hash.get(first..).unwrap_or_default();
        // Nearly all names are defined once: no second search.
        let count = rest.iter().take_while(|(hash, _)| *hash == name.hash()).take(2).count();
        let count =
            if count < 2 { count } else { rest.partition_point(|(hash, _)| *hash == name.hash()) };
        rest.get(..count).unwrap_or_default()
    }

    /// Iterates over the definitions with a name, in the order of the symbol table.
    fn named<'s>(&'s self, name: SymbolName<'s>) -> impl Iterator<Item = Symbol> + 's {
        self.with_hash(name)
            .iter()
            .filter_map(|(_, at)| self.definitions.get(*at as usize).copied())
            .filter(move |symbol| self.name(*symbol) == name.bytes())
    }

    fn name(&self, symbol: Symbol) -> &[u8] {
        let rest = self.names.get(symbol.name as usize..).unwrap_or_default();
        memchr::memchr(0, rest).map_or(rest, |end| &rest[..end])
    }

    /// Returns what an entry of the versym table stands for; `None` if it stands for no version.
    fn version(&self, entry: u16) -> Option<&RequiredVersion> {
        let index = entry & !elf::VERSYM_HIDDEN.0;
        let at = self.versions.binary_search_by_key(&index, |it| it.index).ok()?;
        self.versions.get(at).map(|it| &it.version)
    }

    fn definition(&self, symbol: Symbol) -> Definition<'_> {
        Definition {
            name: self.name(symbol),
            version: self.version(symbol.version).map(|version| &*version.name),
            is_hidden_version: symbol.has_hidden_version(),
            binding: symbol.binding(),
            kind: symbol.kind(),
            visibility: symbol.visibility(),
            size: symbol.size,
        }
    }

    /// Returns the approximate number of bytes that it takes in memory.
    #[must_use]
    pub fn weight(&self) -> u64 {
        let symbols = (self.definitions.len() + self.references.len()) * size_of::<Symbol>();
        let hashes = self.by_hash.len() * size_of::<(u32, u32)>();
        let text = |version: &RequiredVersion| {
            size_of::<VersionIndex>()
                + version.name.len()
                + version.library.as_ref().map_or(0, |it| it.len())
        };
        let versions = self.versions.iter().map(|it| text(&it.version)).sum::<usize>()
            + self.required.iter().map(text).sum::<usize>()
            + self.defined.iter().map(|it| it.name.len() + 24).sum::<usize>()
            + self.filtees.iter().map(|it| it.name.len() + 24).sum::<usize>();
        let literals = size_of_val(self.literals.as_slice());
        let soname = self.soname.as_ref().map_or(0, |it| it.len());
        (size_of::<Self>() + soname + self.names.len() + symbols + hashes + versions + literals)
            as u64
    }
}
