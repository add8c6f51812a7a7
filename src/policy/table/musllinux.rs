//! musllinux: what wheels for musl may rely on.
//!
//! Sources: PEP 656 and the tables of auditwheel 6.8.2. musl has no symbol versions, so a policy lists
//! libraries only.

use super::step::{Step, Table};
use crate::platform::Machine::{
    Aarch64, Armv7l, I686, Loongarch64, Ppc64le, Riscv64, S390x, X86_64,
};

pub(super) const MUSLLINUX: Table = Table { prefixes: &[], steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "musllinux_1_1",
        priority: 100,
        added_machines: &[X86_64, I686, Aarch64, Armv7l, Ppc64le, S390x, Riscv64],
        // `libc.so` is replaced by the machine's name of musl: see `soname`.
        libraries: "libc.so libz.so.1",
        private_symbols: &[(
            "libz.so.1",
            "_dist_code _length_code _tr_align _tr_flush_block _tr_init _tr_stored_block _tr_tally \
             bi_windup crc32_vpmsum crc_fold_512to32 crc_fold_copy crc_fold_init deflate_copyright \
             deflate_medium fill_window flush_pending gzflags inflate_copyright inflate_fast \
             inflate_table longest_match slide_hash_sse static_ltree uncompress2 \
             x86_check_features x86_cpu_has_pclmul x86_cpu_has_sse2 x86_cpu_has_sse42 z_errmsg \
             zcalloc zcfree",
        )],
        ..Step::UNCHANGED
    },
    Step { name: "musllinux_1_2", priority: 90, added_machines: &[Loongarch64], ..Step::UNCHANGED },
];
