//! Damaged and hostile wheels and libraries: an error or a good wheel, no crash, and nothing half-written.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::shape::{NAME, Shape, wheel_in};
use crate::support::WHEELWORKS;
use crate::support::archive::open;
use crate::support::command::TestDir;
use crate::support::sample::{assert_no_temporary, noise};

const USUAL: Shape = Shape::USUAL;

/// How many damaged files are tried.
const ROUNDS: usize = 60;

/// Fails unless a command ends with an exit code for bad wheels and leaves nothing, or writes a wheel whose members
/// can be read.
fn assert_harmless(dir: &TestDir, about: &str) -> i32 {
    let command = dir.wheelworks(&["repair", "-w", "ours", NAME]);
    let (code, output) = command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect_any();
    let said = &output.stderr;
    assert!((0..=2).contains(&code) && !said.contains("panicked"), "{about}: {code} {said}");
    let ours = dir.path().join("ours");
    assert_eq!(ours.exists(), code == 0, "{about}: {said}");
    assert_eq!(said.contains("Fixed-up wheel written to "), code == 0, "{about}: {said}");
    if code == 0 {
        assert_no_temporary(&ours);
        open(&wheel_in(dir, "ours").unwrap());
        fs_err::remove_dir_all(ours).unwrap();
    }
    code
}

/// Changes some bytes, mostly in the headers, the tables behind them and the dynamic section; or cuts the file short.
fn damaged(file: &[u8], random: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let dynamic = file.len() / 4 * 3;
    let (how, changes) = random.split_at(1);
    for change in changes.chunks_exact(4).take(1 + usize::from(how[0] & 3)) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
        let at = match change[2] & 3 {
            0 | 1 => at % 0x500,
            2 => dynamic + at % 0x800,
            _ => at % file.len(),
        };
        file[at] = [0, 1, 0xff, 0x7f, 0x80, change[3]][usize::from(change[2] >> 2) % 6];
    }
    if how[0] > 230 {
        file.truncate(file.len() * usize::from(how[0] - 230) / 26);
    }
    file
}

#[test]
fn damaged_files() {
    let dir = USUAL.build();
    let library = dir.path().join("ext/libdep.so.1.2");
    let module = fs_err::read(dir.path().join("mod.abi3.so")).unwrap();
    let dependency = fs_err::read(&library).unwrap();
    let mut codes = [0; 3];
    for (round, random) in noise(17 * ROUNDS, 16).chunks_exact(17).enumerate() {
        if round % 2 == 0 {
            fs_err::write(dir.path().join("mod.abi3.so"), damaged(&module, random)).unwrap();
            fs_err::write(&library, &dependency).unwrap();
        } else {
            fs_err::write(dir.path().join("mod.abi3.so"), &module).unwrap();
            fs_err::write(&library, damaged(&dependency, random)).unwrap();
        }
        let mut wheel = crate::support::wheel::Wheel::new(NAME);
        wheel.member("pkg/mod.abi3.so", fs_err::read(dir.path().join("mod.abi3.so")).unwrap());
        wheel.write(dir.path());
        codes[usize::try_from(assert_harmless(&dir, &format!("round {round}"))).unwrap()] += 1;
    }
    assert!(codes.iter().all(|count| *count > 2), "the damage is too much of one kind: {codes:?}");
}

/// Members that contradict what a repair adds, and members that lead out of the wheel.
#[test]
fn members_in_the_way() {
    for (members, expected) in [
        (
            &[("pkg/mod.abi3.so", "mod.abi3.so"), ("pkg.libs", "empty")][..],
            "`pkg.libs` is a file, and `pkg.libs/libdep-",
        ),
        (
            &[("pkg-1.0.data/scripts/prog", "prog"), ("pkg.scripts/prog", "empty")],
            "two files with different content for `pkg.scripts/prog`",
        ),
        (
            &[("../mod.abi3.so", "mod.abi3.so")],
            "member `../mod.abi3.so` cannot be the path of a file in a wheel",
        ),
        (
            &[("/mod.abi3.so", "mod.abi3.so")],
            "member `/mod.abi3.so` cannot be the path of a file in a wheel",
        ),
        (
            &[("pkg-1.0.data/scripts/../mod.abi3.so", "mod.abi3.so")],
            "member `pkg-1.0.data/scripts/../mod.abi3.so` cannot be the path of a file in a wheel",
        ),
        (
            &[("pkg/mod.abi3.so", "mod.abi3.so"), ("other-1.0.dist-info/METADATA", "empty")],
            "expected one directory named `NAME-VERSION.dist-info`, found other-1.0.dist-info",
        ),
    ] {
        let shape = Shape { members, build: "gcc main.c ext/libdep.so.1 -o prog", ..USUAL };
        let dir = shape.build();
        let output = shape.repair(&dir, 2);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert!(!dir.path().join("ours").exists(), "{expected}");
    }
}

/// Directories for grafts that are outside of the wheel, or that loaders read as something else.
#[test]
fn directories_for_grafts() {
    let dir = USUAL.build();
    for (suffix, expected) in [
        ("/../../out", "`pkg/../../out/libdep-"),
        ("//x", "`pkg//x/libdep-"),
        (
            ":x",
            "error: the directory `pkg:x` for grafts: expected a name without `:` and `$`, which have a meaning in \
             search paths\nhint: `--lib-sdir` names the end of it\n",
        ),
        ("/$LIB", "error: the directory `pkg/$LIB` for grafts: expected a name without"),
        (".dist-info/x", "expected no dist-info directory but `pkg-1.0.dist-info`"),
    ] {
        let command = dir.wheelworks(&["repair", "-w", "ours", "--lib-sdir", suffix, NAME]);
        let output = command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(2);
        assert!(output.stderr.contains(expected), "{}", output.stderr);
        assert!(!dir.path().join("ours").exists(), "{suffix}");
    }
}

/// The directory of the wheel itself may be the output, and then the wheel too.
#[test]
fn the_output_in_the_directory_of_the_wheel() {
    let dir = USUAL.build();
    let repair = |arguments: &[&str], code| {
        let arguments = [&["repair", "-w", "."], arguments].concat();
        let command = dir.wheelworks(&arguments);
        command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(code)
    };
    let read = |name: &str| fs_err::read(dir.path().join(name)).unwrap();
    let input = read(NAME);
    repair(&[NAME], 0);
    assert!(read(NAME) == input);
    let output = "pkg-1.0-cp38-abi3-manylinux1_x86_64.manylinux_2_5_x86_64.whl";
    let repaired = read(output);
    repair(&[output], 0);
    assert!(read(output) == repaired);
    repair(&["--no-update-tags", "--exclude=none.so", NAME], 0);
    let replaced = read(NAME);
    assert!(replaced != input);
    repair(&["--no-update-tags", NAME], 0);
    assert!(read(NAME) == replaced);
    // A failure leaves the wheel as it is.
    fs_err::write(dir.path().join(NAME), &input).unwrap();
    repair(&["--no-update-tags", "--plat=manylinux_2_5_x86_64", "--add-library=no.so", NAME], 2);
    assert!(read(NAME) == input);
    assert_no_temporary(dir.path());
}

/// Outputs that cannot be written.
#[test]
fn outputs_in_the_way() {
    let output = "pkg-1.0-cp38-abi3-manylinux1_x86_64.manylinux_2_5_x86_64.whl";
    let dir = USUAL.build();
    fs_err::create_dir_all(dir.path().join("taken").join(output)).unwrap();
    dir.write("file", "");
    for (directory, expected) in [
        ("taken", "Is a directory"),
        ("file", "cannot create `file`: File exists"),
        ("file/below", "cannot create `file/below`: Not a directory"),
    ] {
        let command = dir.wheelworks(&["repair", "-w", directory, NAME]);
        let said = command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(2).stderr;
        assert!(said.contains(expected), "{said}");
    }
    assert_no_temporary(&dir.path().join("taken"));
    assert_eq!(
        refused_to_nobody(&dir),
        format!("cannot create `closed/{output}`: Permission denied")
    );
}

/// Repairs the wheel into a directory in which the user may not write. Returns the error in short.
fn refused_to_nobody(dir: &TestDir) -> String {
    let closed = dir.path().join("closed");
    fs_err::create_dir(&closed).unwrap();
    for (path, mode) in [(dir.path(), 0o755), (&closed, 0o555)] {
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    // That user may not read the build directory.
    let copy = Command::new("cp").arg(WHEELWORKS).arg(dir.path().join("wheelworks")).status();
    assert!(copy.unwrap().success());
    let script = r#"[ "$(id -u)" != 0 ] || set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
        exec "$@""#;
    let arguments = ["-c", script, "sh", "./wheelworks", "repair", "--quiet", "-w", "closed", NAME];
    let command = dir.command("sh", &arguments);
    let said = command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(2).stderr;
    assert_eq!(fs_err::read_dir(&closed).unwrap().count(), 0);
    let (error, _) = said.split_once(" (os error").unwrap_or((&said, ""));
    error.trim_start_matches("error: ").to_owned()
}
