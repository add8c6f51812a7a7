//! musllinux: what wheels for musl may rely on.
//!
//! The facts are those of PEP 656 and of the tables that auditwheel 6.8.2 carries. musl has no
//! symbol versions, so that a policy says which libraries there are and nothing else.

use super::step::{Step, Table};
use crate::platform::Machine::{
    Aarch64, Armv7l, I686, Loongarch64, Ppc64le, Riscv64, S390x, X86_64,
};

pub(super) const MUSLLINUX: Table = Table { prefixes: &[], steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "musllinux_1_1",
        priority: 100,
        new_machines: &[X86_64, I686, Aarch64, Armv7l, Ppc64le, S390x, Riscv64],
        // `libc.so` stands for the name that musl has on the machine.
        libraries: "libc.so libz.so.1",
        private: &[(
            "libz.so.1",
            "_dist_code _length_code _tr_align _tr_flush_block _tr_init _tr_stored_block _tr_tally \
             bi_windup crc32_vpmsum crc_fold_512to32 crc_fold_copy crc_fold_init deflate_copyright \
             deflate_medium fill_window flush_pending gzflags inflate_copyright inflate_fast \
             inflate_table longest_match slide_hash_sse static_ltree uncompress2 \
             x86_check_features x86_cpu_has_pclmul x86_cpu_has_sse2 x86_cpu_has_sse42 z_errmsg \
             zcalloc zcfree",
        )],
        ..Step::SAME
    },
    Step { name: "musllinux_1_2", priority: 90, new_machines: &[Loongarch64], ..Step::SAME },
];
