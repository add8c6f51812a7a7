//! Numbers of the System V ABI and its GNU extensions, as wide as [`super::format`] reads them.

pub(super) const PT_NULL: u64 = 0;
pub(super) const PT_LOAD: u64 = 1;
pub(super) const PT_DYNAMIC: u64 = 2;
pub(super) const PT_INTERP: u64 = 3;
pub(super) const PT_NOTE: u64 = 4;
pub(super) const PT_PHDR: u64 = 6;
pub(super) const PT_GNU_STACK: u64 = 0x6474_e551;

pub(super) const PF_X: u64 = 1;
pub(super) const PF_W: u64 = 2;
pub(super) const PF_R: u64 = 4;

pub(super) const ET_EXEC: u64 = 2;
pub(super) const ET_DYN: u64 = 3;
pub(super) const EM_MIPS: u64 = 8;
pub(super) const EM_S390: u64 = 22;
pub(super) const EM_ALPHA: u64 = 0x9026;

pub(super) const SHT_NULL: u64 = 0;
pub(super) const SHT_PROGBITS: u64 = 1;
pub(super) const SHT_SYMTAB: u64 = 2;
pub(super) const SHT_STRTAB: u64 = 3;
pub(super) const SHT_RELA: u64 = 4;
pub(super) const SHT_HASH: u64 = 5;
pub(super) const SHT_DYNAMIC: u64 = 6;
pub(super) const SHT_NOTE: u64 = 7;
pub(super) const SHT_NOBITS: u64 = 8;
pub(super) const SHT_REL: u64 = 9;
pub(super) const SHT_DYNSYM: u64 = 11;
pub(super) const SHT_GROUP: u64 = 17;
pub(super) const SHT_SYMTAB_SHNDX: u64 = 18;
pub(super) const SHF_ALLOC: u64 = 2;
pub(super) const SHF_INFO_LINK: u64 = 0x40;
pub(super) const SHF_TLS: u64 = 0x400;
pub(super) const SHT_GNU_HASH: u64 = 0x6fff_fff6;
pub(super) const SHT_GNU_VERDEF: u64 = 0x6fff_fffd;
pub(super) const SHT_GNU_VERNEED: u64 = 0x6fff_fffe;
pub(super) const SHT_GNU_VERSYM: u64 = 0x6fff_ffff;

pub(super) const DT_NULL: u64 = 0;
pub(super) const DT_NEEDED: u64 = 1;
pub(super) const DT_HASH: u64 = 4;
pub(super) const DT_STRTAB: u64 = 5;
pub(super) const DT_SYMTAB: u64 = 6;
pub(super) const DT_STRSZ: u64 = 10;
pub(super) const DT_SONAME: u64 = 14;
pub(super) const DT_RPATH: u64 = 15;
pub(super) const DT_DEBUG: u64 = 21;
pub(super) const DT_RUNPATH: u64 = 29;
pub(super) const DT_GNU_HASH: u64 = 0x6fff_fef5;
pub(super) const DT_GNU_CONFLICT: u64 = 0x6fff_fef8;
pub(super) const DT_GNU_LIBLIST: u64 = 0x6fff_fef9;
pub(super) const DT_CONFIG: u64 = 0x6fff_fefa;
pub(super) const DT_DEPAUDIT: u64 = 0x6fff_fefb;
pub(super) const DT_AUDIT: u64 = 0x6fff_fefc;
pub(super) const DT_VERSYM: u64 = 0x6fff_fff0;
pub(super) const DT_FLAGS_1: u64 = 0x6fff_fffb;
pub(super) const DT_VERDEF: u64 = 0x6fff_fffc;
pub(super) const DT_VERDEFNUM: u64 = 0x6fff_fffd;
pub(super) const DT_VERNEED: u64 = 0x6fff_fffe;
pub(super) const DT_VERNEEDNUM: u64 = 0x6fff_ffff;
pub(super) const DT_AUXILIARY: u64 = 0x7fff_fffd;
pub(super) const DT_FILTER: u64 = 0x7fff_ffff;

/// `DF_1_NODEFLIB`: loaders do not search the default directories.
pub(super) const DF_1_NODEFLIB: u64 = 0x800;

/// `DF_1_PIE`: a program that may be mapped at any address.
pub(super) const DF_1_PIE: u64 = 0x0800_0000;

/// Entries of the dynamic section whose values are offsets of the string table.
pub(super) const NAMES: [u64; 9] = [
    DT_NEEDED,
    DT_SONAME,
    DT_RPATH,
    DT_RUNPATH,
    DT_CONFIG,
    DT_DEPAUDIT,
    DT_AUDIT,
    DT_AUXILIARY,
    DT_FILTER,
];
