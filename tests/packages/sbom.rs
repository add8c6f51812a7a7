//! The SBOM of grafts, compared with auditwheel's.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wheelworks::packages::find_owners;
use wheelworks::sbom::{SbomSubject, document};

use super::{libraries, output_of};
use crate::judges::{assert_cyclonedx, script};
use crate::support::command::TestDir;

const SUBJECT: SbomSubject<'_> = SbomSubject {
    name: "My.Pkg",
    version: "1.0+local",
    file_name: "My.Pkg-1.0+local-py3-none-manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl",
};

/// Returns the SBOM for files of this machine.
fn sbom(subject: SbomSubject<'_>, files: &[String], earlier: Option<&[u8]>) -> Option<Vec<u8>> {
    let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    let owners = find_owners(Path::new("/"), &files).unwrap();
    document(subject, &owners, earlier)
}

fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Returns the references of the components.
fn references(document: &Value) -> Vec<&str> {
    let components = document["components"].as_array().unwrap();
    components.iter().map(|component| component["bom-ref"].as_str().unwrap()).collect()
}

/// Returns an SBOM with the components and dependencies sorted, and without the name of the tool.
fn sorted(mut document: Value) -> Value {
    for list in ["components", "dependencies"] {
        document[list].as_array_mut().unwrap().sort_by_key(Value::to_string);
    }
    for dependency in document["dependencies"].as_array_mut().unwrap() {
        if let Some(list) = dependency["dependsOn"].as_array_mut() {
            list.sort_by_key(Value::to_string);
        }
    }
    document["metadata"]["tools"] = Value::Null;
    document
}

#[test]
fn auditwheel_lists_the_same_components() {
    // Files that dpkg knows under the path that auditwheel asks for.
    let is_known = |file: &String| {
        let real = fs_err::canonicalize(file).unwrap();
        output_of("dpkg-query", &["-S", real.to_str().unwrap()]).is_some()
    };
    let mut files: Vec<String> = libraries(60).into_iter().filter(is_known).take(12).collect();
    // auditwheel looks up files, not links to them, and drops one of two paths of a file.
    files.retain(|file| !Path::new(file).is_symlink());
    if files.is_empty() {
        return;
    }
    let dir = TestDir::new();
    let mut arguments = vec![SUBJECT.file_name];
    arguments.extend(files.iter().map(String::as_str));
    let theirs = script(&dir, "auditwheel_sbom.py", &arguments).expect(0).stdout;
    let ours = sbom(SUBJECT, &files, None).unwrap();
    assert_eq!(sorted(parse(&ours)), sorted(parse(theirs.as_bytes())));
    assert_cyclonedx(&[&ours]);
}

#[test]
fn the_order_of_grafts_does_not_matter() {
    let mut files = libraries(30);
    let first = sbom(SUBJECT, &files, None);
    files.reverse();
    assert_eq!(sbom(SUBJECT, &files, None), first);
    assert_eq!(sbom(SUBJECT, &["/none".to_owned()], None), None);
}

#[test]
fn components_of_an_earlier_repair_are_kept() {
    let files = libraries(60);
    if sbom(SUBJECT, &files, None).is_none() {
        return;
    }
    let old = SbomSubject { file_name: "My.Pkg-1.0+local-py3-none-linux_x86_64.whl", ..SUBJECT };
    let (some, others) = files.split_at(files.len() / 2);
    let earlier = sbom(old, some, None).unwrap();
    let merged = sbom(SUBJECT, others, Some(&earlier)).unwrap();
    assert_eq!(merged, sbom(SUBJECT, &files, None).unwrap());
    // A document of another tool keeps its fields.
    let mut foreign = parse(&earlier);
    foreign["serialNumber"] = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79".into();
    foreign["metadata"]["tools"][0]["name"] = "auditwheel".into();
    let merged = sbom(SUBJECT, others, Some(foreign.to_string().as_bytes())).unwrap();
    let document = parse(&merged);
    assert_eq!(document["serialNumber"], foreign["serialNumber"]);
    assert_eq!(document["metadata"]["tools"].as_array().unwrap().len(), 2);
    let all = sbom(SUBJECT, &files, None).unwrap();
    assert_eq!(references(&document), references(&parse(&all)));
    assert_cyclonedx(&[&earlier, &merged]);
    // What is no CycloneDX document is replaced.
    for text in
        ["", "{}", "[]", "{\"bomFormat\": \"SPDX\", \"specVersion\": \"1\", \"version\": 1}"]
    {
        assert_eq!(
            sbom(SUBJECT, &files, Some(text.as_bytes())).as_deref(),
            Some(&all[..]),
            "{text}"
        );
    }
}
