//! The members of a wheel: paths, permissions, content.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::archive::{assert_conforms, content};
use crate::support::command::TestDir;
use crate::support::sample::{DECLARED, FILENAME, METADATA, WHEEL, pack, pack_members, tree};

/// Returns the paths and permissions of the members of a wheel.
fn listing(wheel: &Path) -> String {
    let (_, archive) = assert_conforms(wheel);
    let lines = archive.entries.iter().map(|it| format!("{:o} {}", it.mode() & 0o7777, it.name()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the content of one member as text.
fn read(wheel: &Path, name: &str) -> String {
    let (file, archive) = assert_conforms(wheel);
    let entry = archive.entries.iter().find(|entry| entry.name() == name);
    String::from_utf8(content(&file, entry.unwrap_or_else(|| panic!("no `{name}`")))).unwrap()
}

#[test]
fn a_tree() {
    let dir = tree();
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let wheel = format!("out/{FILENAME}");
    let (output, path) = pack(&dir, &["pack", "tree", "-w", "out"], &wheel);
    assert_eq!((output.stdout, output.stderr.as_str()), (format!("{wheel}\n"), ""));
    insta::assert_snapshot!(listing(&path), @r"
    644 sample_pkg/__init__.py
    644 sample_pkg/data.bin
    644 sample_pkg/empty.txt
    644 sample_pkg/größe, 日本.txt
    755 sample_pkg/tool.sh
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
    insta::assert_snapshot!(read(&path, "sample_pkg-1.0.dist-info/RECORD"), @r#"
    sample_pkg/__init__.py,sha256=LmtqSViYCl2XGqw83SzU68Tv6_P9vtGrnTMwkxpSAa8,440
    sample_pkg/data.bin,sha256=Q7GDrP2ys0lz2t5E9aRtF8-dFnhBzcYKZk_VQGYD9xk,300
    sample_pkg/empty.txt,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
    "sample_pkg/größe, 日本.txt",sha256=Ls2FNg4F0fbuWbYIgcL5Q06OTuIjO56z1iOqT8loDv4,23
    sample_pkg/tool.sh,sha256=v2ZM-E8A9u12FkyEV_3q-OTe5Ucibp_8-CdOLSJG_tk,20
    sample_pkg-1.0.dist-info/METADATA,sha256=NcAU6U0wlMb577JQZHyyBlOh4i_HDpOaT6XCC9vw2tg,52
    sample_pkg-1.0.dist-info/WHEEL,sha256=lBvvKRAcVsfCsNPc9ZUy_qURTK4jFlNNwkOTYIQSZVY,76
    sample_pkg-1.0.dist-info/RECORD,,
    "#);
    assert_eq!(read(&path, "sample_pkg-1.0.dist-info/METADATA"), METADATA);
    assert_eq!(read(&path, "sample_pkg-1.0.dist-info/WHEEL"), WHEEL);
}

#[test]
fn record_is_regenerated_and_its_signatures_are_dropped() {
    let dir = tree();
    let plain = fs_err::read(pack(&dir, &["pack", "tree"], FILENAME).1).unwrap();
    for name in ["RECORD", "RECORD.jws", "RECORD.p7s"] {
        dir.write(&format!("tree/sample_pkg-1.0.dist-info/{name}"), "stale");
    }
    dir.write("tree/RECORD", "of another place");
    let (_, path) = pack(&dir, &["pack", "tree"], FILENAME);
    assert_eq!(read(&path, "RECORD"), "of another place");
    assert!(!listing(&path).contains("RECORD."));
    fs_err::remove_file(dir.path().join("tree/RECORD")).unwrap();
    assert_eq!(fs_err::read(pack(&dir, &["pack", "tree"], FILENAME).1).unwrap(), plain);
}

#[test]
fn directories_with_an_older_spelling_are_renamed() {
    let dir = TestDir::new();
    dir.write("tree/Sample-Pkg-1.0.0RC1.dist-info/METADATA", METADATA.replace("1.0", "1.0.0RC1"))
        .write("tree/Sample-Pkg-1.0.0RC1.dist-info/WHEEL", WHEEL)
        .write("tree/Sample-Pkg-1.0.0RC1.data/scripts/tool", "#!python\n");
    // A name ends at its first hyphen.
    dir.wheelworks(&["pack", "tree"]).expect(2);
    for (from, to) in [("dist-info", "dist-info"), ("data", "data")] {
        let tree = dir.path().join("tree");
        let from = tree.join(format!("Sample-Pkg-1.0.0RC1.{from}"));
        fs_err::rename(from, tree.join(format!("Sample_Pkg-1.0.0RC1.{to}"))).unwrap();
    }
    let (_, path) = pack(&dir, &["pack", "tree"], "sample_pkg-1.0.0rc1-py3-none-any.whl");
    insta::assert_snapshot!(listing(&path), @r"
    644 sample_pkg-1.0.0rc1.data/scripts/tool
    644 sample_pkg-1.0.0rc1.dist-info/METADATA
    644 sample_pkg-1.0.0rc1.dist-info/WHEEL
    644 sample_pkg-1.0.0rc1.dist-info/RECORD
    ");
}

#[test]
fn links_inside_the_tree_become_files() {
    let dir = tree();
    let package = dir.path().join("tree/sample_pkg");
    symlink("tool.sh", package.join("link.sh")).unwrap();
    symlink(package.join("data.bin"), package.join("absolute.bin")).unwrap();
    dir.write("tree/sample_pkg/sub/file", "below");
    symlink("sub", package.join("again")).unwrap();
    let (_, path) = pack(&dir, &["pack", "tree"], FILENAME);
    insta::assert_snapshot!(listing(&path), @r"
    644 sample_pkg/__init__.py
    644 sample_pkg/absolute.bin
    644 sample_pkg/again/file
    644 sample_pkg/data.bin
    644 sample_pkg/empty.txt
    644 sample_pkg/größe, 日本.txt
    755 sample_pkg/link.sh
    644 sample_pkg/sub/file
    755 sample_pkg/tool.sh
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
    assert_eq!(read(&path, "sample_pkg/again/file"), "below");
    // The tree itself may be a link.
    symlink("tree", dir.path().join("linked")).unwrap();
    let direct = fs_err::read(&path).unwrap();
    assert_eq!(fs_err::read(pack(&dir, &["pack", "linked"], FILENAME).1).unwrap(), direct);
}

#[test]
fn declared_members_with_unusual_names() {
    let dir = TestDir::new();
    dir.write("plain", "plain").write("a=b", "equals").write("größe ;'\"$x", "odd");
    let odd = "größe ;'\"$x";
    let members = [
        "z/plain.py=plain".to_owned(),
        "y\\=z=plain".to_owned(),
        "x=a=b".to_owned(),
        format!("w/{}={odd}", odd.replace('=', "\\=")),
        "with space/and, comma \"quoted\"=plain".to_owned(),
        "日本/ファイル=plain".to_owned(),
        "-leading=plain".to_owned(),
        "@at=plain".to_owned(),
        "...=plain".to_owned(),
    ];
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let path = pack_members(&dir, &members);
    insta::assert_snapshot!(listing(&path), @r#"
    644 -leading
    644 ...
    644 @at
    644 w/größe ;'"$x
    644 with space/and, comma "quoted"
    644 x
    644 y=z
    644 z/plain.py
    644 日本/ファイル
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    "#);
    assert_eq!(read(&path, "x"), "equals");
    let direct = fs_err::read(&path).unwrap();

    // The same from a flagfile with one argument per line.
    let lines: Vec<String> = members.iter().map(|it| format!("--member={it}")).collect();
    dir.write("args", lines.join("\n"));
    let mut arguments = DECLARED.to_vec();
    arguments.push("--flagfile=args");
    let (output, path) = pack(&dir, &arguments, FILENAME);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    assert_eq!(fs_err::read(path).unwrap(), direct);
}

#[test]
fn two_sources_with_the_same_content_for_one_path_are_one_member() {
    let dir = TestDir::new();
    dir.write("a", "same").write("b", "same").write("c", "");
    dir.write("x", vec![7; 3 << 20]).write("y", vec![7; 3 << 20]);
    fs_err::set_permissions(dir.path().join("b"), Permissions::from_mode(0o755)).unwrap();
    let path = pack_members(&dir, &["m=a", "m=b", "m=a", "e=c", "e=c", "l=x", "l=y"]);
    insta::assert_snapshot!(listing(&path), @r"
    644 e
    644 l
    644 m
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
}

#[test]
fn a_file_of_a_tree_is_executable_if_any_execute_bit_is_set() {
    let dir = tree();
    for mode in [0o400, 0o644, 0o666, 0o700, 0o610, 0o641, 0o755, 0o4755, 0o777] {
        let name = format!("tree/modes/{mode:04o}");
        dir.write(&name, "");
        fs_err::set_permissions(dir.path().join(name), Permissions::from_mode(mode)).unwrap();
    }
    let (_, path) = pack(&dir, &["pack", "tree"], FILENAME);
    let listing = listing(&path);
    let modes: Vec<&str> = listing.lines().filter(|line| line.contains(" modes/")).collect();
    insta::assert_snapshot!(modes.join("\n"), @r"
    644 modes/0400
    755 modes/0610
    755 modes/0641
    644 modes/0644
    644 modes/0666
    755 modes/0700
    755 modes/0755
    755 modes/0777
    755 modes/4755
    ");
}

/// Files that Bazel builds are always executable, so permissions of declared members come from their content.
#[test]
fn a_declared_member_is_executable_if_it_is_a_program() {
    let dir = TestDir::new();
    dir.write("source.c", "int main(void) { return 0; }\n");
    for arguments in [&["-o", "program"][..], &["-shared", "-fPIC", "-o", "library"]] {
        let mut gcc = Command::new("gcc");
        gcc.args(arguments).arg("source.c").current_dir(dir.path());
        assert!(gcc.status().unwrap().success());
    }
    let mut large = b"#!/bin/sh\n".to_vec();
    large.resize(2 << 20, b'\n');
    dir.write("large", large).write("script", "#!/bin/sh\n").write("text", "# !/bin/sh\n");
    dir.write("hash", "#").write("empty", "");
    let names = ["program", "library", "large", "script", "text", "hash", "empty"];
    let members = names.map(|name| {
        // The opposite of the expected permissions.
        let mode = if matches!(name, "program" | "large" | "script") { 0o644 } else { 0o755 };
        fs_err::set_permissions(dir.path().join(name), Permissions::from_mode(mode)).unwrap();
        format!("{name}={name}")
    });
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    insta::assert_snapshot!(listing(&pack_members(&dir, &members)), @r"
    644 empty
    644 hash
    755 large
    644 library
    755 program
    755 script
    644 text
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
}

#[test]
fn prefixes_are_stripped() {
    let dir = TestDir::new();
    dir.write("f", "");
    let mut arguments = DECLARED.to_vec();
    arguments.extend([
        "--strip-path-prefix=bazel-out/k8/bin/",
        "--strip-path-prefix=src/",
        "--strip-path-prefix=src/nested/",
        "--member=bazel-out/k8/bin/pkg/a.py=f",
        "--member=src/nested/b.py=f",
        "--member=other/src/c.py=f",
        "--member=srcs/d.py=f",
    ]);
    let (_, path) = pack(&dir, &arguments, FILENAME);
    insta::assert_snapshot!(listing(&path), @r"
    644 nested/b.py
    644 other/src/c.py
    644 pkg/a.py
    644 srcs/d.py
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
}

#[test]
fn a_wheel_of_requirements_alone() {
    let dir = TestDir::new();
    let arguments = [&DECLARED[..], &["--requires-dist=numpy"]].concat();
    let (_, path) = pack(&dir, &arguments, FILENAME);
    insta::assert_snapshot!(listing(&path), @r"
    644 sample_pkg-1.0.dist-info/METADATA
    644 sample_pkg-1.0.dist-info/WHEEL
    644 sample_pkg-1.0.dist-info/RECORD
    ");
}
