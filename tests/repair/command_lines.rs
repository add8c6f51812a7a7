//! Command lines from documentation, run through a shell as they stand: those of cibuildwheel, of the manylinux images
//! and of maturin, with `wheelworks` for `auditwheel`.

use std::path::Path;

use super::shape::{NAME, Shape, assert_prints, install_from, wheel_in};
use crate::support::WHEELWORKS;
use crate::support::command::{Output, TestDir};

const USUAL: Shape = Shape::USUAL;
const ANSWER: &str = "import pkg.mod; print(pkg.mod.answer)";

/// Runs a command line, in which `wheelworks` is found.
fn shell(dir: &TestDir, line: &str) -> Output {
    let bin = Path::new(WHEELWORKS).parent().unwrap().display();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap());
    let command = dir.command("sh", &["-e", "-c", line]).env("PATH", path);
    command.env("LD_LIBRARY_PATH", dir.path().join("ext")).expect(0)
}

/// Fails unless a directory holds one repaired wheel that works, and the command has named it.
fn assert_repaired(dir: &TestDir, directory: &str, output: &Output) {
    let wheel = wheel_in(dir, directory).unwrap();
    assert!(wheel.to_str().unwrap().contains("-manylinux"), "{}", wheel.display());
    let line = format!("\nFixed-up wheel written to {}\n", wheel.canonicalize().unwrap().display());
    assert!(output.stderr.contains(&line), "{output:?}");
    let venv = install_from(dir, directory);
    assert_prints(dir, &venv, ANSWER, "21");
}

/// The line of the documentation, and those in the documentation of `CIBW_REPAIR_WHEEL_COMMAND`. cibuildwheel
/// replaces the names in braces, and wants one wheel in an empty directory.
#[test]
fn of_cibuildwheel() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/repair.md");
    let page = fs_err::read_to_string(page).unwrap();
    let (_, rest) = page.split_once("CIBW_REPAIR_WHEEL_COMMAND_LINUX=\"").unwrap();
    let (documented, _) = rest.split_once('"').unwrap();
    assert_eq!(documented, "wheelworks repair -w {dest_dir} {wheel}");
    for template in [
        documented,
        "wheelworks repair --lib-sdir . -w {dest_dir} {wheel}",
        "wheelworks show {wheel} && wheelworks repair -w {dest_dir} {wheel}",
        "wheelworks repair --strip -w {dest_dir} {wheel} && wheelworks audit --no-host {dest_dir}/*.whl",
        "wheelworks -v repair --exclude libcuda.so.1 --exclude libcuda.so.2 -w {dest_dir} {wheel}",
    ] {
        let dir = USUAL.build();
        fs_err::create_dir(dir.path().join("repaired wheel")).unwrap();
        let absolute = |name: &str| format!("'{}'", dir.path().join(name).display());
        let line = template
            .replace("{dest_dir}", &absolute("repaired wheel"))
            .replace("{wheel}", &absolute(NAME));
        let output = shell(&dir, &line);
        assert_repaired(&dir, "repaired wheel", &output);
    }
}

/// The function of the example for manylinux images: wheels without machine code are skipped, and repaired wheels go
/// where the others are.
#[test]
fn of_manylinux_images() {
    let shape = Shape { name: NAME, ..USUAL };
    let (dir, wheel) = shape.unwritten();
    let house = dir.path().join("wheelhouse");
    fs_err::create_dir(&house).unwrap();
    wheel.write(&house);
    let mut pure = crate::support::wheel::Wheel::new("pure-1.0-py3-none-any.whl");
    pure.member("pure.py", "").write(&house);
    let script = r#"
        repair_wheel() {
            wheel="$1"
            if ! wheelworks show "$wheel"; then
                echo "Skipping non-platform wheel $wheel"
            else
                wheelworks repair "$wheel" --plat "$PLAT" -w wheelhouse/
            fi
        }
        PLAT=manylinux_2_28_x86_64
        for whl in wheelhouse/*.whl; do repair_wheel "$whl"; done
    "#;
    let output = shell(&dir, script);
    assert!(
        output.stdout.contains("Skipping non-platform wheel wheelhouse/pure-1.0"),
        "{output:?}"
    );
    for name in [NAME, &pure.name] {
        fs_err::remove_file(house.join(name)).unwrap();
    }
    assert_repaired(&dir, "wheelhouse", &output);
}

/// maturin builds into `target/wheels` and leaves the repair to another tool with `--auditwheel=skip`. Of options
/// that come twice, the last one holds, as with argparse.
#[test]
fn of_maturin() {
    for options in [
        "",
        "--plat manylinux2014_x86_64 -L .other",
        "--plat auto -w other --plat manylinux_2_28_x86_64 --only-plat --only-plat -L .x -L .libs -z 1 -z 9",
    ] {
        let (dir, wheel) = USUAL.unwritten();
        fs_err::create_dir_all(dir.path().join("target/wheels")).unwrap();
        wheel.write(&dir.path().join("target/wheels"));
        let line = format!("wheelworks repair {options} target/wheels/*.whl --wheel-dir=dist");
        let output = shell(&dir, &line);
        assert!(!dir.path().join("other").exists());
        assert_repaired(&dir, "dist", &output);
    }
}
