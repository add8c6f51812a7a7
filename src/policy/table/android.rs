//! Android: what wheels for its C library, bionic, may rely on.
//!
//! Sources: PEP 738 and the tables of auditwheel 6.8.2. A policy is named after the first API level
//! that has its libraries; an API level that added no library has no policy.

use super::step::{Step, Table};
use crate::platform::Machine::{Aarch64, X86_64};

pub(super) const ANDROID: Table = Table { prefixes: &[], steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "android_21",
        priority: 79,
        added_machines: &[X86_64, Aarch64],
        // Python itself brings those with `_python`.
        libraries: "libandroid.so libc.so libcrypto_python.so libdl.so libEGL.so libGLESv1_CM.so \
                    libGLESv2.so libjnigraphics.so liblog.so libm.so libmediandk.so \
                    libOpenMAXAL.so libOpenSLES.so libsqlite3_python.so libssl_python.so libz.so",
        ..Step::UNCHANGED
    },
    Step {
        name: "android_24",
        priority: 76,
        libraries: "libcamera2ndk.so libvulkan.so",
        ..Step::UNCHANGED
    },
    Step {
        name: "android_26",
        priority: 74,
        libraries: "libaaudio.so libsync.so",
        ..Step::UNCHANGED
    },
    Step { name: "android_27", priority: 73, libraries: "libneuralnetworks.so", ..Step::UNCHANGED },
];
