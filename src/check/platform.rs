//! Platform tags that PyPI takes: families by their architectures and versions, as its upload has
//! them (`warehouse/forklift/legacy.py`, 2026).

/// Architectures of manylinux and musllinux with their versions.
const LINUX: [&str; 7] = ["aarch64", "armv7l", "i686", "ppc64le", "riscv64", "s390x", "x86_64"];

/// Architectures of manylinux2014 beside those of its forerunners.
const MANYLINUX_2014: [&str; 5] = ["aarch64", "armv7l", "ppc64", "ppc64le", "s390x"];

/// Architectures of macOS. `fat32` is none of them.
const MACOS: [&str; 11] = [
    "arm64",
    "fat",
    "fat3",
    "fat64",
    "i386",
    "intel",
    "ppc",
    "ppc64",
    "universal",
    "universal2",
    "x86_64",
];

/// Architectures of Android.
const ANDROID: [&str; 4] = ["arm64_v8a", "armeabi_v7a", "x86", "x86_64"];

/// Whether PyPI takes a platform tag. That it has its family's form was checked when it was parsed.
pub(super) fn index_takes(tag: &str) -> bool {
    let (family, rest) = tag.split_once('_').unwrap_or((tag, ""));
    match family {
        "any" | "win32" => rest.is_empty(),
        "win" => matches!(rest, "amd64" | "arm64" | "ia64"),
        // All that an older Raspberry Pi can have.
        "linux" => matches!(rest, "armv6l" | "armv7l"),
        "manylinux1" | "manylinux2010" => is_intel(rest),
        "manylinux2014" => is_intel(rest) || MANYLINUX_2014.contains(&rest),
        "manylinux" => versioned(rest)
            .is_some_and(|(_, _, machine)| machine == "ppc64" || LINUX.contains(&machine)),
        "musllinux" => versioned(rest).is_some_and(|(_, _, machine)| LINUX.contains(&machine)),
        "macosx" => versioned(rest).is_some_and(|(major, minor, machine)| {
            is_macos_version(major, minor) && MACOS.contains(&machine)
        }),
        "ios" => versioned(rest).and_then(|(_, _, target)| target.rsplit_once('_')).is_some_and(
            |(machine, sdk)| {
                matches!(machine, "arm64" | "x86_64")
                    && matches!(sdk, "iphoneos" | "iphonesimulator")
            },
        ),
        "android" => rest.split_once('_').is_some_and(|(_, abi)| ANDROID.contains(&abi)),
        "pyemscripten" => versioned(rest).is_some_and(|(major, minor, machine)| {
            major.parse::<u32>().is_ok() && minor.parse::<u32>().is_ok() && machine == "wasm32"
        }),
        _ => false,
    }
}

fn is_intel(machine: &str) -> bool {
    matches!(machine, "i686" | "x86_64")
}

/// Two numbers of a version, and what is behind them.
fn versioned(rest: &str) -> Option<(&str, &str, &str)> {
    let (major, rest) = rest.split_once('_')?;
    let (minor, rest) = rest.split_once('_')?;
    Some((major, minor, rest))
}

/// Whether a wheel can be for a version of macOS: 10 with any second number, and from 11 on, where
/// the first alone says what runs, with none but 0.
fn is_macos_version(major: &str, minor: &str) -> bool {
    match major.parse::<u32>() {
        Ok(10) => true,
        // There is none between 15 and 26. PyPI lists each major version and comes to a new one when
        // it is out: who warned of the next would be wrong before long.
        Ok(11..=15 | 26..) => minor == "0",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_the_index_takes() {
        for tag in [
            "any",
            "win32",
            "win_amd64",
            "win_arm64",
            "win_ia64",
            "linux_armv6l",
            "linux_armv7l",
            "manylinux1_i686",
            "manylinux2010_x86_64",
            "manylinux2014_x86_64",
            "manylinux2014_ppc64",
            "manylinux_2_17_ppc64",
            "manylinux_2_39_riscv64",
            "musllinux_1_2_s390x",
            "macosx_10_9_x86_64",
            "macosx_10_6_intel",
            "macosx_11_0_arm64",
            "macosx_26_0_universal2",
            "ios_13_0_arm64_iphoneos",
            "ios_13_0_x86_64_iphonesimulator",
            "android_21_arm64_v8a",
            "android_24_x86_64",
            "pyemscripten_2026_0_wasm32",
        ] {
            assert!(index_takes(tag), "{tag}");
        }
    }

    #[test]
    fn tags_that_it_does_not() {
        for tag in [
            "win_arm32",
            "linux_x86_64",
            "linux_armv5",
            "manylinux1_aarch64",
            "manylinux2010_s390x",
            "manylinux2014_riscv64",
            "manylinux_2_17_sparc64",
            "manylinux_2_36_loongarch64",
            "musllinux_1_2_sparc",
            "musllinux_1_2_ppc64",
            "macosx_10_9_bogus",
            "macosx_10_6_fat32",
            "macosx_11_1_arm64",
            "macosx_9_0_ppc",
            "macosx_16_0_arm64",
            "ios_13_0_armv7_iphoneos",
            "android_21_sparc",
            "pyodide_2025_0_wasm32",
            "pyemscripten_2026_0_wasm64",
            "pyemscripten_x_0_wasm32",
            "emscripten_3_1_32_wasm32",
            "freebsd_14_amd64",
        ] {
            assert!(!index_takes(tag), "{tag}");
        }
    }
}
