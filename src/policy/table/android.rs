//! Android: what wheels for its C library, bionic, may rely on.
//!
//! The facts are those of PEP 738 and of the tables that auditwheel 6.8.2 carries. A policy is named
//! after the first API level that has its libraries; levels that brought no library have none.

use super::step::{Step, Table};
use crate::platform::Machine::{Aarch64, X86_64};

pub(super) const ANDROID: Table = Table { prefixes: &[], steps: STEPS };

const STEPS: &[Step] = &[
    Step {
        name: "android_21",
        priority: 79,
        new_machines: &[X86_64, Aarch64],
        // Those with `_python` come with Python itself.
        libraries: "libandroid.so libc.so libcrypto_python.so libdl.so libEGL.so libGLESv1_CM.so \
                    libGLESv2.so libjnigraphics.so liblog.so libm.so libmediandk.so \
                    libOpenMAXAL.so libOpenSLES.so libsqlite3_python.so libssl_python.so libz.so",
        ..Step::SAME
    },
    Step {
        name: "android_24",
        priority: 76,
        libraries: "libcamera2ndk.so libvulkan.so",
        ..Step::SAME
    },
    Step { name: "android_26", priority: 74, libraries: "libaaudio.so libsync.so", ..Step::SAME },
    Step { name: "android_27", priority: 73, libraries: "libneuralnetworks.so", ..Step::SAME },
];
