//! The commands on a wheel variant, whose file name has a label as its last part.

use super::NAME;
use super::slim::wheel;
use crate::support::command::TestDir;

/// The name of the variant, and that with a build tag.
const VARIANT: &str = "code-1.0-py3-none-linux_x86_64-sm_90.whl";
const WITH_BUILD: &str = "code-1.0-3-py3-none-linux_x86_64-sm_90.whl";

/// Writes the variant to the working directory.
fn variant(dir: &TestDir) {
    wheel(dir);
    let arguments = ["split", NAME, "--variant", "--only=sm_90", "-w", "index"];
    dir.wheelworks(&arguments).patience(3).expect(0);
    fs_err::rename(dir.path().join("index").join(VARIANT), dir.path().join(VARIANT)).unwrap();
}

#[test]
fn every_command_reads_the_name() {
    let dir = TestDir::new();
    variant(&dir);
    // The arguments, a part of what is printed, and the file or directory that is written.
    for (arguments, printed, written) in [
        (&["check", VARIANT][..], "index-variant", None),
        (&["show", VARIANT], "is consistent with the following platform tag", None),
        (&["audit", "--no-host", VARIANT], "is consistent with the following platform tag", None),
        (&["lddtree", VARIANT], "code/lib.so", None),
        (&["inspect", VARIANT], "sm_90", None),
        (&["diff", NAME, VARIANT], "sm_90", None),
        (&["closure", VARIANT], "every library and symbol is found", None),
        (&["unpack", "-d", "unpacked", VARIANT], "", Some("unpacked/code/lib.so".to_owned())),
        (&["repack", "-w", "repacked", VARIANT], "", Some(format!("repacked/{VARIANT}"))),
        (
            &["retag", "-w", "retagged", "--build-tag=3", VARIANT],
            "",
            Some(format!("retagged/{WITH_BUILD}")),
        ),
        (
            &["retag", "-w", "tags", "--python-tag=+py2", VARIANT],
            "",
            Some(format!("tags/{}", VARIANT.replace("-py3", "-py2.py3"))),
        ),
        (
            &["repair", "--no-host", "--plat=manylinux_2_17_x86_64", "-w", "repaired", VARIANT],
            "",
            Some(format!(
                "repaired/{}",
                VARIANT.replace(
                    "linux_x86_64",
                    "manylinux1_x86_64.manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_5_x86_64"
                )
            )),
        ),
        (
            &["slim", "--keep=sm_90,sm_90a", "--build-tag=3", "-w", "slim", VARIANT],
            "",
            Some(format!("slim/{WITH_BUILD}")),
        ),
        (
            &["split", "--variant", "-w", "again", VARIANT],
            VARIANT,
            Some(format!("again/{VARIANT}")),
        ),
    ] {
        let output = dir.wheelworks(arguments).patience(3).expect(0);
        assert!(output.stdout.contains(printed), "{arguments:?}: {output:?}");
        if let Some(path) = written {
            assert!(dir.path().join(&path).exists(), "{arguments:?}: {path}");
        }
    }
    for directory in ["repacked", "retagged", "slim"] {
        let name = if directory == "repacked" { VARIANT } else { WITH_BUILD };
        dir.wheelworks(&["check", &format!("{directory}/{name}")]).expect(0);
    }
}

#[test]
fn the_label_is_that_of_the_file_in_the_wheel() {
    let dir = TestDir::new();
    variant(&dir);
    let bytes = fs_err::read(dir.path().join(VARIANT)).unwrap();
    let plain = fs_err::read(dir.path().join(NAME)).unwrap();
    for (name, bytes, found) in [
        (NAME, &bytes, "variant.json: `sm_90`, and no label in the name"),
        ("code-1.0-py3-none-linux_x86_64-sm_80.whl", &bytes, "`sm_90`, and `sm_80` in the name"),
        (VARIANT, &plain, "`sm_90`, and no `variant.json`"),
    ] {
        dir.write(name, bytes);
        let output = dir.wheelworks(&["check", name]).expect(1);
        assert!(output.stdout.contains("error[variant-file]"), "{name}: {output:?}");
        assert!(output.stdout.contains(found), "{name}: {output:?}");
    }
    let wrong = "code-1.0-py3-none-linux_x86_64-SM.whl";
    dir.write(wrong, &bytes);
    for verb in ["check", "retag", "audit", "repair", "closure"] {
        let code = if verb == "check" { 1 } else { 2 };
        let arguments: &[&str] = match verb {
            "repair" => &[verb, "-w", "out", wrong],
            "retag" => &["retag", "-w", "out", "--build-tag=3", wrong],
            _ => &[verb, wrong],
        };
        let (found, output) = dir.wheelworks(arguments).expect_any();
        let said = output.stdout + &output.stderr;
        assert_eq!(found, code, "{verb}: {said}");
        assert!(said.contains("`SM` is not the label of a wheel variant"), "{verb}: {said}");
    }
}
