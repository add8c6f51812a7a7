//! Where grafts come from: `--use-library`, `--out`, the SBOM and the licence texts.

use serde_json::Value;

use super::shape::{NAME, Shape, wheel_in};
use crate::judges::assert_cyclonedx;
use crate::support::command::TestDir;

const USUAL: Shape = Shape::USUAL;
const SBOM: &str = "pkg-1.0.dist-info/sboms/auditwheel.cdx.json";

/// The name of a package of another distribution, and its licence.
const STATUS: &str = "Package: libdep1\nVersion: 1:2.0-1\n\n";

/// Returns a member of the wheel in a directory.
fn member(dir: &TestDir, directory: &str, name: &str) -> Option<Vec<u8>> {
    let wheel = wheel_in(dir, directory).unwrap();
    let mut archive = zip::ZipArchive::new(fs_err::File::open(wheel).unwrap()).unwrap();
    let mut file = archive.by_name(name).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
    Some(bytes)
}

/// Makes a sysroot, in which the package `libdep1` owns the library of the usual wheel, and returns the arguments.
fn sysroot(dir: &TestDir) -> [&'static str; 4] {
    let library = fs_err::read(dir.path().join("ext/libdep.so.1.2")).unwrap();
    dir.write("root/usr/lib/libdep.so.1", library)
        .write("root/etc/os-release", "ID=other\n")
        .write("root/var/lib/dpkg/status", STATUS)
        .write("root/var/lib/dpkg/info/libdep1.list", "/lib/libdep.so.1\n")
        .write("root/usr/share/doc/libdep1/copyright", "A licence.\n");
    std::os::unix::fs::symlink("usr/lib", dir.path().join("root/lib")).unwrap();
    ["--sysroot", "root", "--ldpaths", "/lib"]
}

#[test]
fn packages_of_the_sysroot_are_in_the_sbom() {
    let dir = USUAL.build();
    let mut arguments = vec!["repair", NAME, "-w", "ours", "--plat=manylinux_2_17_x86_64"];
    arguments.extend(["--graft-licenses", "--report=json"]);
    arguments.extend(sysroot(&dir));
    let report: Value = serde_json::from_str(&dir.wheelworks(&arguments).expect(0).stdout).unwrap();
    let url = "pkg:deb/other/libdep1@1%3A2.0-1";
    assert_eq!(report["wheels"][0]["grafts"][0]["package"], url);
    let document: Value = serde_json::from_slice(&member(&dir, "ours", SBOM).unwrap()).unwrap();
    let components = document["components"].as_array().unwrap();
    let urls: Vec<&str> = components.iter().map(|it| it["purl"].as_str().unwrap()).collect();
    let name = wheel_in(&dir, "ours").unwrap();
    let name = name.file_name().unwrap().to_str().unwrap();
    assert_eq!(urls, [format!("pkg:pypi/pkg@1.0?file_name={name}"), url.to_owned()]);
    let text = member(&dir, "ours", "pkg-1.0.dist-info/licenses/libdep1/copyright");
    assert_eq!(text.as_deref(), Some(&b"A licence.\n"[..]));
    // The same with an SBOM of an earlier repair.
    let again = ["repair", ours(&dir).as_str(), "-w", "again"].map(str::to_owned);
    dir.command(crate::support::WHEELWORKS, &again).expect(0);
    assert_eq!(member(&dir, "again", SBOM), member(&dir, "ours", SBOM));
}

/// The SBOM of a declared wheel stays, beside that of the grafts. Both say the same about the wheel, in a repair of the
/// archive and in one while it is written.
#[test]
fn the_sbom_of_components_is_kept() {
    const COMPONENTS: &str = "pkg-1.0.dist-info/sboms/pkg.cdx.json";
    let dir = USUAL.build();
    let sysroot = sysroot(&dir);
    let plat = "--plat=manylinux_2_17_x86_64";
    let pack = |out: &str, more: &[String]| {
        let mut arguments = vec!["pack".to_owned(), format!("--out={out}")];
        arguments.extend(
            ["--distribution=pkg", "--version=1.0", "--python-tag=cp38"].map(str::to_owned),
        );
        arguments.extend(["--abi-tag=abi3", "--platform-tag=linux_x86_64"].map(str::to_owned));
        arguments.extend(
            ["--member=pkg/mod.abi3.so=mod.abi3.so", "--sbom=cyclonedx"].map(str::to_owned),
        );
        arguments.push("--sbom-origin=dep+2.0=mod.abi3.so".to_owned());
        arguments.extend_from_slice(more);
        dir.command(crate::support::WHEELWORKS, &arguments).expect(0);
    };
    fs_err::create_dir(dir.path().join("before")).unwrap();
    pack(&format!("before/{NAME}"), &[]);
    let before = member(&dir, "before", COMPONENTS).unwrap();
    let mut arguments = vec!["repair", "-w", "ours", "--only-plat", plat];
    arguments.extend(sysroot);
    let given = format!("before/{NAME}");
    arguments.push(&given);
    dir.wheelworks(&arguments).expect(0);
    let name = wheel_in(&dir, "ours").unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let options: Vec<String> = ["--only-plat", plat, "--sysroot=root", "--ldpaths=/lib"]
        .iter()
        .map(|option| format!("--repair={option}"))
        .collect();
    fs_err::create_dir(dir.path().join("written")).unwrap();
    pack(&format!("written/{name}"), &options);
    for directory in ["ours", "written"] {
        assert_eq!(member(&dir, directory, COMPONENTS).as_ref(), Some(&before), "{directory}");
        assert!(member(&dir, directory, SBOM).is_some(), "{directory}");
    }
    assert_eq!(member(&dir, "written", SBOM), member(&dir, "ours", SBOM));
    let document: Value = serde_json::from_slice(&before).unwrap();
    assert_eq!(document["components"][0]["purl"], "pkg:bazel/dep@2.0");
    assert_eq!(
        document["components"][0]["evidence"]["occurrences"][0]["location"],
        "pkg/mod.abi3.so"
    );
    assert_cyclonedx(&[&before, &member(&dir, "ours", SBOM).unwrap()]);
}

/// Returns the path of the wheel in `ours`.
fn ours(dir: &TestDir) -> String {
    wheel_in(dir, "ours").unwrap().to_str().unwrap().to_owned()
}

#[test]
fn grafts_without_a_package_have_no_sbom() {
    let dir = USUAL.build();
    USUAL.repair(&dir, 0);
    assert_eq!(member(&dir, "ours", SBOM), None);
}

#[test]
fn a_damaged_database_is_a_warning_unless_licences_are_asked_for() {
    let dir = USUAL.build();
    let mut arguments = vec!["repair", NAME, "-w", "ours"];
    arguments.extend(sysroot(&dir));
    dir.write("root/var/lib/rpm/Packages", "no database");
    let warning = "is damaged: expected the magic number of a hash database";
    let stderr = dir.wheelworks(&arguments).expect(0).stderr;
    assert!(stderr.contains("no SBOM") && stderr.contains(warning), "{stderr}");
    assert_eq!(member(&dir, "ours", SBOM), None);
    arguments.extend(["-w", "none", "--graft-licenses"]);
    arguments.drain(2..4);
    let stderr = dir.wheelworks(&arguments).expect(2).stderr;
    assert!(stderr.contains(warning), "{stderr}");
    assert_eq!(wheel_in(&dir, "none"), None);
}

#[test]
fn named_libraries_are_found_by_both_names_and_nothing_else_is_searched() {
    let build = "mkdir -p given
        gcc -shared -fPIC dep.c -Wl,-soname,libdep.so.1 -o given/renamed.so
        echo 'extern int dep(int); int mid(int x) { return dep(x) + 1; }' > use.c
        gcc -shared -fPIC use.c given/renamed.so -o given/libmid.so
        gcc -shared -fPIC -DFUNCTION=mid mod.c -Lgiven -lmid -o mod.abi3.so";
    let shape = Shape { build, ..USUAL };
    let dir = shape.build();
    let out = "out/pkg-1.0-cp38-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl";
    let both = ["--use-library=given/libmid.so", "--use-library=given/renamed.so"];
    let out_argument = format!("--out={out}");
    let usual = ["repair", NAME, &out_argument, "--no-host", "--only-plat"];
    let mut arguments = usual.to_vec();
    arguments.push("--plat=manylinux_2_17_x86_64");
    // One of the two is in a directory that is not searched.
    let mut one = arguments.clone();
    one.push(both[0]);
    let command = dir.wheelworks(&one).env("LD_LIBRARY_PATH", dir.path().join("ext"));
    let stderr = command.expect(1).stderr;
    assert!(stderr.contains("required library \"libdep.so.1\" could not be located"), "{stderr}");
    arguments.extend(both);
    arguments.extend(["--name-file=name", "--wheel-name-file=true-name", "--report=json"]);
    dir.write("true-name", "pkg-1.0+stamped-cp38-abi3-linux_x86_64.whl\n");
    let report: Value = serde_json::from_str(&dir.wheelworks(&arguments).expect(0).stdout).unwrap();
    let grafts = report["wheels"][0]["grafts"].as_array().unwrap();
    let mut sources: Vec<&str> = grafts.iter().map(|it| it["source"].as_str().unwrap()).collect();
    sources.sort_unstable();
    assert_eq!(sources, ["given/libmid.so", "given/renamed.so"]);
    assert!(dir.path().join(out).is_file());
    let name = fs_err::read_to_string(dir.path().join("name")).unwrap();
    assert_eq!(name, "pkg-1.0+stamped-cp38-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl");
    // The name of the output must be that of the wheel.
    arguments[2] = "--out=other.whl";
    let stderr = dir.wheelworks(&arguments).expect(2).stderr;
    assert!(stderr.contains("--out: expected the name `pkg-1.0-cp38-"), "{stderr}");
    assert!(!dir.path().join("other.whl").exists());
}
