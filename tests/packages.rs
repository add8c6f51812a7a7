//! Owners of files in package databases, and the SBOM of grafts. Judges: dpkg, SQLite, databases that rpm's
//! tools wrote, auditwheel, and the schema of CycloneDX.

mod rpm;
mod sbom;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use wheelworks::packages::{PackageKind, find_owners, license_texts};

use crate::support::command::TestDir;

/// Returns the package URLs of the owners, by path.
fn urls(root: &Path, files: &[&str]) -> BTreeMap<String, String> {
    let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let owners = find_owners(root, &files).unwrap();
    owners
        .iter()
        .map(|(path, package)| (path.to_str().unwrap().to_owned(), package.url()))
        .collect()
}

/// Fails unless the owners of these files are those in the table: path and package URL, or "" for none.
fn assert_owners(root: &Path, expected: &[(&str, &str)]) {
    let files: Vec<&str> = expected.iter().map(|(path, _)| *path).collect();
    let expected: BTreeMap<String, String> = expected
        .iter()
        .filter(|(_, url)| !url.is_empty())
        .map(|(path, url)| ((*path).to_owned(), (*url).to_owned()))
        .collect();
    assert_eq!(urls(root, &files), expected);
}

/// Returns what a command prints, or `None` if it fails or is missing.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Returns libraries of this machine, at most `count`, as the loader finds them.
fn libraries(count: usize) -> Vec<String> {
    let directory = format!("/lib/{}-linux-gnu", std::env::consts::ARCH);
    let mut files: Vec<String> = fs_err::read_dir(directory)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.contains(".so."))
        .collect();
    files.sort();
    files.truncate(count);
    files
}

#[test]
fn dpkg_names_the_same_owners() {
    let libraries = libraries(60);
    if output_of("dpkg-query", &["--version"]).is_none() || libraries.is_empty() {
        return;
    }
    let id = output_of("sh", &["-c", ". /etc/os-release; printf %s \"$ID\""]).unwrap();
    let files: Vec<&str> = libraries.iter().map(String::as_str).collect();
    let found = urls(Path::new("/"), &files);
    let mut owned = 0;
    for file in files {
        // dpkg knows only the path that the package has; the resolved one too if that is another.
        let real = fs_err::canonicalize(file).unwrap().to_str().unwrap().to_owned();
        let spellings = [real.as_str(), real.strip_prefix("/usr").unwrap_or(&real), file];
        let answer = spellings.iter().find_map(|path| output_of("dpkg-query", &["-S", path]));
        let expected = answer.map(|line| {
            owned += 1;
            let package = line.rsplit_once(": ").unwrap().0.to_owned();
            let format = "${Package} ${Version}";
            let text = output_of("dpkg-query", &["-W", "-f", format, &package]).unwrap();
            let (name, version) = text.split_once(' ').unwrap();
            let [name, version] =
                [name, version].map(|text| text.replace('+', "%2B").replace(':', "%3A"));
            format!("pkg:deb/{id}/{name}@{version}")
        });
        assert_eq!(found.get(file), expected.as_ref(), "{file}");
    }
    assert!(owned > 10, "only {owned} files have an owner");
}

const STATUS: &str = "\
Package: zlib1g
Status: install ok installed
Architecture: i386
Multi-Arch: same
Version: 1:0.9

Package: zlib1g
Architecture: amd64
Depends: libc6 (>= 2.14),
 libother
Version: 1:1.2.13
Description: Version: 3
 .
 Version: 4


Package: removed
Architecture: all
";

#[test]
fn a_root_has_its_own_database_of_dpkg() {
    let dir = TestDir::new();
    let list = "/.\n/lib/x/libz.so.1.2\n/usr/lib/x/libdoc.so\n";
    dir.write("etc/os-release", "NAME=X\nID=\"ubuntu\"\n")
        .write("var/lib/dpkg/status", STATUS)
        .write("var/lib/dpkg/info/zlib1g:amd64.list", list)
        .write("var/lib/dpkg/info/zlib1g:i386.list", "/lib/y/libz.so.1.2\n")
        .write("var/lib/dpkg/info/removed.list", "/lib/x/libgone.so\n")
        .write("var/lib/dpkg/info/unknown.list", "/lib/x/libunknown.so\n")
        .write("var/lib/dpkg/status.d/libssl3", "Package: libssl3\nVersion: 3.0.1\n")
        .write("var/lib/dpkg/status.d/libssl3.md5sums", "00ff  usr/lib/x/libssl.so.3\n")
        .write("usr/lib/x/libz.so.1.2", "")
        .write("usr/share/doc/zlib1g/copyright", "Zlib");
    std::os::unix::fs::symlink("usr/lib", dir.path().join("lib")).unwrap();
    std::os::unix::fs::symlink("libz.so.1.2", dir.path().join("usr/lib/x/libz.so.1")).unwrap();
    let zlib = "pkg:deb/ubuntu/zlib1g@1%3A1.2.13";
    assert_owners(
        dir.path(),
        &[
            ("/lib/x/libz.so.1", zlib),
            ("/lib/x/libz.so.1.2", zlib),
            ("/usr/lib/x/libz.so.1.2", zlib),
            ("/lib/x/libdoc.so", zlib),
            ("/lib/y/libz.so.1.2", "pkg:deb/ubuntu/zlib1g@1%3A0.9"),
            ("/lib/x/libssl.so.3", "pkg:deb/ubuntu/libssl3@3.0.1"),
            ("/lib/x/libgone.so", ""),
            ("/lib/x/libunknown.so", ""),
            ("/usr/local/lib/x/libz.so.1.2", ""),
        ],
    );
    let owners = find_owners(dir.path(), &["/lib/x/libz.so.1".into()]).unwrap();
    let texts = license_texts(dir.path(), &owners[Path::new("/lib/x/libz.so.1")]).unwrap();
    assert_eq!(texts.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(), ["copyright"]);
    assert_eq!(texts[0].bytes, b"Zlib");
}

const INSTALLED: &str = "\
C:Q1abc=
P:nghttp2-libs
V:1.58.0-r0
A:x86_64
F:usr
F:usr/lib
R:libnghttp2.so.14
a:0:0:777
R:libnghttp2.so.14.25.1
Z:Q1def=

P:zlib
V:1.3.1-r0
F:
R:top.so
F:lib
R:libz.so.1.3.1

";

#[test]
fn a_root_has_its_own_database_of_apk() {
    for place in ["lib/apk/db/installed", "usr/lib/apk/db/installed"] {
        let dir = TestDir::new();
        dir.write(place, INSTALLED).write("usr/lib/os-release", "ID=alpine\n");
        assert_owners(
            dir.path(),
            &[
                // auditwheel cuts the name at its first hyphen.
                ("/usr/lib/libnghttp2.so.14.25.1", "pkg:apk/alpine/nghttp2-libs@1.58.0-r0"),
                ("/usr/lib/libz.so.1.3.1", "pkg:apk/alpine/zlib@1.3.1-r0"),
                ("/top.so", "pkg:apk/alpine/zlib@1.3.1-r0"),
                ("/usr/lib/libother.so", ""),
            ],
        );
        let owners = find_owners(dir.path(), &["/top.so".into()]).unwrap();
        let package = owners.values().next().unwrap();
        assert_eq!(package.kind, PackageKind::Apk);
        assert!(license_texts(dir.path(), package).unwrap().is_empty());
    }
}

#[test]
fn a_root_without_databases_has_no_owners() {
    let dir = TestDir::new();
    assert_owners(dir.path(), &[("/lib/libz.so.1", "")]);
    // Nor do files and directories in place of each other.
    dir.write("var/lib/dpkg/info", "").write("var/lib/dpkg/status/x", "").write("etc", "");
    assert_owners(dir.path(), &[("/lib/libz.so.1", "")]);
}

#[test]
fn a_file_that_cannot_be_a_database_is_an_error() {
    let dir = TestDir::new();
    let large = fs_err::create_dir_all(dir.path().join("lib/apk/db"))
        .and_then(|()| fs_err::File::create(dir.path().join("lib/apk/db/installed")));
    large.unwrap().set_len((256 << 20) + 1).unwrap();
    let error = find_owners(dir.path(), &["/lib/libz.so.1".into()]).unwrap_err().to_string();
    assert!(error.starts_with("expected at most 268435456 bytes in `"), "{error}");
}
