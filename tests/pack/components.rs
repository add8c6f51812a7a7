//! The bills of materials of declared wheels, judged by the schema of CycloneDX and by spdx-tools.

use std::path::Path;

use serde_json::{Value, json};

use super::refused;
use crate::judges::{assert_cyclonedx, assert_spdx};
use crate::support::archive::{assert_conforms, content};
use crate::support::command::TestDir;
use crate::support::sample::{DECLARED, FILENAME, pack};

/// The options of a wheel whose files come from three repositories, one of them linked into a library of our own.
const ARGUMENTS: [&str; 17] = [
    "--sbom=spdx",
    "--sbom=cyclonedx",
    "--strip-path-prefix=src/",
    "--member=src/pkg/__init__.py=init.py",
    "--member=src/pkg/_native.so=bin/_native.so",
    "--external-member=xla+1.2/src/xla/a.py=external/xla+1.2/a.py",
    "--substitute=old=new",
    "--data-file=data/share=external/tables",
    "--distinfo-file=extra/=external/tables/b.txt",
    "--license-file=external/absl+/LICENSE",
    "--sbom-origin=xla+1.2=external/xla+1.2",
    "--sbom-origin=xla+1.2=bin/_native.so",
    "--sbom-origin=absl+=bin/_native.so",
    "--sbom-origin=absl+=external/absl+",
    "--sbom-origin=tables=external/tables",
    r#"--sbom-component={"id": "absl", "purl": "pkg:github/abseil/abseil-cpp@20260107.0", "license": "Apache-2.0"}"#,
    // No member comes from it.
    r#"--sbom-component={"id": "unused", "purl": "pkg:pypi/unused@1"}"#,
];

fn files() -> TestDir {
    let dir = TestDir::new();
    dir.write("init.py", "")
        .write("bin/_native.so", "no ELF")
        .write("external/xla+1.2/a.py", "old\n")
        .write("external/tables/b.txt", "b")
        .write("external/tables/sub/c.txt", "c")
        .write("external/absl+/LICENSE", "Apache");
    dir
}

/// Returns a member.
fn member(wheel: &Path, name: &str) -> Vec<u8> {
    let (file, archive) = assert_conforms(wheel);
    let entry = archive.entries.iter().find(|entry| entry.name() == name);
    content(&file, entry.unwrap_or_else(|| panic!("{name} is missing")))
}

/// Packs the wheel with more options. Returns both documents.
fn documents(more: &[&str]) -> [Vec<u8>; 2] {
    let dir = files();
    let arguments = [&DECLARED[..], &ARGUMENTS, more].concat();
    let (output, wheel) = pack(&dir, &arguments, FILENAME);
    assert_eq!(output.stderr, "");
    dir.wheelworks(&["check", FILENAME, "--select=sbom"]).expect(0);
    ["cdx", "spdx"].map(|form| {
        member(&wheel, &format!("sample_pkg-1.0.dist-info/sboms/sample_pkg.{form}.json"))
    })
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn components_have_their_members() {
    let [cyclonedx, spdx] = documents(&[]);
    let absl = ["sample_pkg-1.0.dist-info/licenses/LICENSE", "pkg/_native.so"];
    let tables = [
        "sample_pkg-1.0.data/data/share/b.txt",
        "sample_pkg-1.0.data/data/share/sub/c.txt",
        "sample_pkg-1.0.dist-info/extra/b.txt",
    ];
    let xla = ["pkg/_native.so", "xla/a.py"];
    let component = |name: &str, version: Option<&str>, purl: Option<&str>, members: &[&str]| {
        let mut members = members.to_vec();
        members.sort_unstable();
        (name.to_owned(), version.map(str::to_owned), purl.map(str::to_owned), members.join("\n"))
    };
    let expected = [
        component("tables", None, None, &tables),
        component("xla", Some("1.2"), Some("pkg:bazel/xla@1.2"), &xla),
        component(
            "abseil-cpp",
            Some("20260107.0"),
            Some("pkg:github/abseil/abseil-cpp@20260107.0"),
            &absl,
        ),
    ];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let found = |document: &Value| -> Vec<_> {
        let of = |it: &Value| {
            let places = it["evidence"]["occurrences"].as_array().unwrap();
            let places: Vec<&str> =
                places.iter().map(|it| it["location"].as_str().unwrap()).collect();
            (text(&it["name"]).unwrap(), text(&it["version"]), text(&it["purl"]), places.join("\n"))
        };
        document["components"].as_array().unwrap().iter().map(of).collect()
    };
    let document = parse(&cyclonedx);
    assert_eq!(found(&document), expected);
    assert_eq!(document["components"][2]["licenses"], json!([{"expression": "Apache-2.0"}]));
    assert_eq!(document["metadata"]["component"]["purl"], "pkg:pypi/sample-pkg@1.0");
    let document = parse(&spdx);
    let packages: Vec<_> = document["packages"].as_array().unwrap()[1..]
        .iter()
        .map(|it| {
            let members = it["comment"].as_str().unwrap().split_once('\n').unwrap().1.to_owned();
            let purl = text(&it["externalRefs"][0]["referenceLocator"]);
            (text(&it["name"]).unwrap(), text(&it["versionInfo"]), purl, members)
        })
        .collect();
    assert_eq!(packages, expected);
    assert_eq!(document["creationInfo"]["created"], "1980-01-01T00:00:00Z");
    assert_cyclonedx(&[&cyclonedx]);
    assert_spdx(&[&spdx]);
}

/// Neither the order of the options nor the directory is in the documents. Two repositories with one package URL are
/// one component.
#[test]
fn documents_depend_on_the_components_alone() {
    let first = documents(&[]);
    let mut reversed: Vec<&str> = ARGUMENTS.to_vec();
    reversed.reverse();
    let dir = files();
    let (_, wheel) = pack(&dir, &[&DECLARED[..], &reversed].concat(), FILENAME);
    for (form, document) in ["cdx", "spdx"].iter().zip(&first) {
        let name = format!("sample_pkg-1.0.dist-info/sboms/sample_pkg.{form}.json");
        assert_eq!(&member(&wheel, &name), document, "{form}");
    }
    let same = r#"--sbom-component={"id": "tables", "purl": "pkg:bazel/xla@1.2", "license": "see README"}"#;
    let merged = documents(&[same]);
    let document = parse(&merged[0]);
    let urls: Vec<&str> = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["purl"].as_str().unwrap())
        .collect();
    assert_eq!(urls, ["pkg:bazel/xla@1.2", "pkg:github/abseil/abseil-cpp@20260107.0"]);
    assert_ne!(parse(&merged[1])["documentNamespace"], parse(&first[1])["documentNamespace"]);
    assert_cyclonedx(&[&merged[0]]);
    assert_spdx(&[&merged[1]]);
}

#[test]
fn options_without_a_meaning_are_refused() {
    for (options, expected) in [
        (&["--sbom=swid"][..], "invalid value 'swid' for '--sbom <FORM>'"),
        (&["--sbom-origin=a=init.py"], "--sbom <FORM>"),
        (&["--sbom=spdx", "--sbom-origin=init.py"], "expected DEST=SRC"),
        (
            &["--sbom=spdx", "--sbom-origin==init.py"],
            "expected ID=SRC, found nothing before the `=`",
        ),
        (
            &["--sbom=spdx", r#"--sbom-component={"id": "a", "purl": "a"}"#],
            "expected a package URL such as",
        ),
    ] {
        let dir = files();
        let arguments = [&DECLARED[..], &["--member=a=init.py"], options].concat();
        let message = refused(&dir, dir.wheelworks(&arguments));
        assert!(message.contains(expected), "{message}");
    }
}
