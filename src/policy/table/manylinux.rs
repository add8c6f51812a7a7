//! manylinux: what wheels for glibc may rely on.
//!
//! Sources: PEP 513 (`manylinux1`), PEP 571 (`manylinux2010`), PEP 599 (`manylinux2014`), PEP 600 (all
//! others), and the tables in which the Python Packaging Authority keeps them up to date, as auditwheel
//! 6.8.2 contains them. Oddities are theirs: glibc 2.18 for 64-bit ARM in `manylinux_2_17`, and
//! `GLIBC_2.37` for three machines only.

use super::step::Machines::{All, Except, Only};
use super::step::{Step, Table};
use crate::platform::Machine::{
    Aarch64, Armv7l, I686, Loongarch64, Ppc64, Ppc64le, Riscv64, S390x, X86_64,
};

const PRIVATE_LIBC: &str = "__cxa_thread_atexit_impl __issignaling __issignalingf __issignalingl \
                            pthread_getattr_default_np pthread_setattr_default_np";
const PRIVATE_LIBM: &str = "__issignaling __issignalingf __issignalingl";
const PRIVATE_LIBPTHREAD: &str = "pthread_getattr_default_np pthread_setattr_default_np";

pub(super) const MANYLINUX: Table =
    Table { prefixes: &["CXXABI", "GCC", "GLIBC", "GLIBCXX", "LIBATOMIC", "ZLIB"], steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "manylinux_2_5",
        aliases: &["manylinux1"],
        priority: 100,
        added_machines: &[X86_64, I686],
        libraries: "libanl.so.1 libatomic.so.1 libc.so.6 libdl.so.2 libgcc_s.so.1 libGL.so.1 \
                    libglib-2.0.so.0 libgobject-2.0.so.0 libgthread-2.0.so.0 libICE.so.6 libm.so.6 \
                    libnsl.so.1 libpthread.so.0 libresolv.so.2 librt.so.1 libSM.so.6 libstdc++.so.6 \
                    libutil.so.1 libX11.so.6 libXext.so.6 libXrender.so.1 libz.so.1",
        versions: &[
            ("GLIBC", Except(&[X86_64, S390x]), "2.0"),
            ("GLIBC", Only(&[X86_64, I686, Armv7l, Ppc64, S390x]), "2.4 2.5"),
            ("GLIBC", Only(&[X86_64, I686, Ppc64, S390x]), "2.2.6 2.3 2.3.2 2.3.3 2.3.4"),
            ("GLIBC", Only(&[I686, Ppc64, S390x]), "2.2 2.2.1 2.2.2 2.2.3 2.2.4"),
            ("GLIBC", Only(&[X86_64, Ppc64]), "2.2.5"),
            ("GLIBC", Only(&[I686, Ppc64]), "2.1 2.1.1 2.1.2 2.1.3"),
            ("GLIBCXX", All, "3.4 3.4.1 3.4.2 3.4.3 3.4.4 3.4.5 3.4.6 3.4.7 3.4.8"),
            ("CXXABI", All, "1.3 1.3.1"),
            ("GCC", All, "3.0 3.3 3.3.1 3.4 3.4.2 4.0.0 4.2.0"),
            ("GCC", Except(&[I686, Armv7l]), "3.4.4"),
        ],
        private_symbols: &[
            ("libc.so.6", PRIVATE_LIBC),
            ("libm.so.6", PRIVATE_LIBM),
            ("libpthread.so.0", PRIVATE_LIBPTHREAD),
            (
                "libz.so.1",
                "_dist_code _length_code _tr_align _tr_flush_block _tr_init _tr_stored_block \
                 _tr_tally adler32_default bi_windup crc32_acle crc32_combine_gen crc32_combine_gen64 \
                 crc32_combine_op crc32_le_vgfm_16 crc32_neon crc32_vpmsum crc32_z_default \
                 crc_fold_512to32 crc_fold_copy crc_fold_init deflate_copyright deflate_medium \
                 fill_window flush_pending gzflags inflate_copyright inflate_fast inflate_table \
                 longest_match slide_hash_sse sse2_slide_hash static_ltree uncompress2 \
                 x86_check_features x86_cpu_has_pclmul x86_cpu_has_sse2 x86_cpu_has_sse42 z_errmsg \
                 z_vstring zcalloc zcfree",
            ),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_12",
        aliases: &["manylinux2010"],
        priority: 90,
        libraries: "libexpat.so.1",
        versions: &[
            (
                "GLIBC",
                Only(&[X86_64, I686, Armv7l, Ppc64, S390x]),
                "2.6 2.7 2.8 2.9 2.10 2.11 2.12",
            ),
            ("GLIBCXX", All, "3.4.9 3.4.10 3.4.11 3.4.12 3.4.13"),
            ("CXXABI", All, "1.3.2 1.3.3"),
            ("GCC", All, "4.3.0"),
            ("GCC", Only(&[I686, Aarch64, Ppc64, Riscv64, Loongarch64]), "4.5.0"),
            ("GCC", Only(&[I686, Ppc64, Riscv64, Loongarch64]), "4.4.0"),
            ("ZLIB", All, "1.2.0 1.2.0.2 1.2.0.8 1.2.2 1.2.2.3 1.2.2.4"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_17",
        aliases: &["manylinux2014"],
        priority: 80,
        added_machines: &[Aarch64, Armv7l, Ppc64, Ppc64le, S390x],
        versions: &[
            ("GLIBC", Except(&[Riscv64, Loongarch64]), "2.17"),
            ("GLIBC", Only(&[X86_64, I686, Armv7l, Ppc64, S390x]), "2.13 2.14 2.15 2.16"),
            ("GLIBC", Only(&[Aarch64]), "2.18"),
            ("GLIBCXX", All, "3.4.14 3.4.15 3.4.16 3.4.17 3.4.18 3.4.19"),
            ("GLIBCXX", Only(&[Ppc64le, S390x]), "LDBL_3.4 LDBL_3.4.7 LDBL_3.4.10"),
            ("CXXABI", All, "1.3.4 1.3.5 1.3.6 1.3.7 TM_1"),
            ("CXXABI", Only(&[Ppc64le, S390x]), "LDBL_1.3"),
            ("CXXABI", Only(&[Armv7l]), "ARM_1.3.3"),
            ("GCC", All, "4.7.0"),
            ("GCC", Only(&[X86_64, I686, Ppc64]), "4.8.0"),
            ("GCC", Only(&[Armv7l]), "3.3.4 3.5"),
            ("GCC", Only(&[S390x]), "4.1.0"),
            ("LIBATOMIC", Except(&[X86_64, S390x]), "1.0"),
            ("ZLIB", All, "1.2.3.3 1.2.3.4 1.2.3.5 1.2.5.1 1.2.5.2"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_24",
        priority: 70,
        removed_machines: &[Ppc64],
        libraries: "libmvec.so.1",
        versions: &[
            ("GLIBC", Except(&[Riscv64, Loongarch64]), "2.22 2.23 2.24"),
            ("GLIBC", Except(&[Aarch64, Riscv64, Loongarch64]), "2.18"),
            ("GLIBC", Only(&[S390x]), "2.19"),
            ("GLIBCXX", All, "3.4.20 3.4.21 3.4.22"),
            ("GLIBCXX", Only(&[Ppc64le, S390x]), "LDBL_3.4.21"),
            ("CXXABI", All, "1.3.8 1.3.9 1.3.10"),
            ("CXXABI", Only(&[X86_64, I686]), "FLOAT128"),
            ("LIBATOMIC", All, "1.1 1.2"),
            ("LIBATOMIC", Only(&[X86_64, S390x]), "1.0"),
        ],
        public_symbols: &[
            ("libc.so.6", PRIVATE_LIBC),
            ("libm.so.6", PRIVATE_LIBM),
            ("libpthread.so.0", PRIVATE_LIBPTHREAD),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_26",
        priority: 68,
        versions: &[
            ("GLIBC", Except(&[Riscv64, Loongarch64]), "2.25 2.26"),
            ("GLIBCXX", Except(&[X86_64]), "3.4.23 3.4.24"),
            ("CXXABI", Except(&[X86_64]), "1.3.11"),
            ("GCC", Except(&[X86_64]), "7.0.0"),
            ("ZLIB", Except(&[X86_64, Aarch64]), "1.2.7.1 1.2.9"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_27",
        priority: 65,
        versions: &[
            ("GLIBC", Except(&[Loongarch64]), "2.27"),
            ("GLIBCXX", Only(&[X86_64]), "3.4.23 3.4.24"),
            ("CXXABI", Only(&[X86_64]), "1.3.11"),
            ("GCC", Only(&[X86_64]), "7.0.0"),
            ("ZLIB", Only(&[X86_64, Aarch64]), "1.2.7.1 1.2.9"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_28",
        priority: 64,
        versions: &[("GLIBC", Except(&[Loongarch64]), "2.28")],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_31",
        priority: 61,
        added_machines: &[Riscv64],
        versions: &[
            ("GLIBC", Except(&[Loongarch64]), "2.29 2.30 2.31"),
            ("GLIBCXX", All, "3.4.25 3.4.26 3.4.27 3.4.28"),
            ("CXXABI", All, "1.3.12"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_34",
        priority: 58,
        versions: &[
            ("GLIBC", Except(&[Loongarch64]), "2.32 2.33 2.34"),
            ("GLIBCXX", All, "3.4.29"),
            ("GLIBCXX", Only(&[Ppc64le, S390x]), "LDBL_3.4.29"),
            ("GLIBCXX", Only(&[Ppc64le]), "IEEE128_3.4.29"),
            ("CXXABI", All, "1.3.13"),
            ("CXXABI", Only(&[Ppc64le]), "IEEE128_1.3.13"),
            ("GCC", Only(&[Aarch64]), "11.0"),
        ],
        public_symbols: &[("libz.so.1", "uncompress2")],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_35",
        priority: 57,
        versions: &[
            ("GLIBC", Except(&[Loongarch64]), "2.35"),
            ("GLIBCXX", All, "3.4.30"),
            ("GLIBCXX", Only(&[Ppc64le]), "IEEE128_3.4.30"),
            ("GCC", Only(&[X86_64, I686]), "12.0.0"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_36",
        priority: 56,
        added_machines: &[Loongarch64],
        versions: &[
            ("GLIBC", All, "2.36"),
            ("GLIBC", Except(&[Riscv64]), "ABI_DT_RELR"),
            ("ZLIB", Only(&[I686]), "1.2.12"),
        ],
        public_symbols: &[(
            "libz.so.1",
            "bi_windup crc_fold_512to32 crc_fold_copy crc_fold_init deflate_medium fill_window \
             flush_pending longest_match slide_hash_sse static_ltree x86_check_features \
             x86_cpu_has_pclmul x86_cpu_has_sse2 x86_cpu_has_sse42",
        )],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_37",
        priority: 55,
        versions: &[
            ("GLIBC", Only(&[I686, Armv7l, Riscv64]), "2.37"),
            ("ZLIB", Except(&[I686]), "1.2.12"),
        ],
        public_symbols: &[("libz.so.1", "crc32_combine_gen crc32_combine_gen64 crc32_combine_op")],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_38",
        priority: 54,
        versions: &[("GLIBC", All, "2.38"), ("GLIBC", Only(&[Riscv64]), "ABI_DT_RELR")],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_39",
        priority: 53,
        versions: &[
            ("GLIBC", All, "2.39"),
            ("GLIBCXX", All, "3.4.31 3.4.32"),
            ("GLIBCXX", Except(&[Loongarch64]), "3.4.33"),
            ("GLIBCXX", Only(&[Ppc64le, S390x]), "LDBL_3.4.31"),
            ("GLIBCXX", Only(&[Ppc64le]), "IEEE128_3.4.31"),
            ("CXXABI", All, "1.3.14 1.3.15"),
            ("GCC", All, "14.0.0"),
            ("GCC", Only(&[X86_64, I686, Aarch64]), "13.0.0"),
            ("GCC", Only(&[Aarch64]), "14.0"),
        ],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_40",
        priority: 52,
        versions: &[("GLIBC", All, "2.40"), ("GLIBCXX", Only(&[Loongarch64]), "3.4.33")],
        ..Step::UNCHANGED
    },
    Step {
        name: "manylinux_2_41",
        priority: 51,
        versions: &[("GLIBC", All, "2.41")],
        ..Step::UNCHANGED
    },
];
