//! METADATA, WHEEL, entry points and lists of requirements survive a round trip, and no value of a field can
//! add another field.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use wheelworks::error::Diagnose as _;
use wheelworks::sbom_form::sbom_form;
use wheelworks::wheel::{
    EntryPoints, Headers, License, Metadata, MetadataFields, MetadataHeaders, WheelHeaders,
    requirement_lines,
};
use wheelworks_fuzz::Bytes;

fuzz_target!(|input: &[u8]| {
    let (form, text) = input.split_first().unwrap_or((&0, &[]));
    match form % 6 {
        0 => headers(text),
        1 => wheel_file(text),
        2 => entry_points(text),
        3 => requirements(text),
        4 => written(&mut Bytes(text)),
        _ => sbom(text),
    }
});

/// A valid SBOM stays one behind a byte order mark, and with other line ends.
fn sbom(text: &[u8]) {
    match sbom_form(text) {
        Ok(form) => {
            let marked = [b"\xEF\xBB\xBF", text].concat();
            assert!(text.starts_with(b"\xEF\xBB\xBF") || sbom_form(&marked) == Ok(form));
        }
        Err(error) => assert!(error.message_with_hint().contains("\nhint: "), "{error}"),
    }
}

fn headers(text: &[u8]) {
    let headers = Headers::parse(text);
    let ends = text.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(headers.names().count() <= ends + 1);
    for name in headers.names() {
        assert!(name.chars().all(|character| character.is_ascii_graphic() && character != ':'));
        assert!(headers.get(name).is_some());
    }
    match MetadataHeaders::parse(text) {
        Ok(found) => {
            let again = format!("Name: {}\nVersion: {}\n", found.name, found.version);
            assert_eq!(MetadataHeaders::parse(again.as_bytes()).unwrap(), found);
        }
        Err(error) => assert!(error.message_with_hint().contains("\nhint: "), "{error}"),
    }
}

fn wheel_file(text: &[u8]) {
    let headers = match WheelHeaders::parse(text) {
        Ok(headers) => headers,
        Err(error) => {
            assert!(error.message_with_hint().contains("\nhint: "), "{error}");
            return;
        }
    };
    let (Ok(tags), Ok(build)) = (headers.tags(), headers.build()) else { return };
    let Some(written) = headers.with_tags(&tags, build.as_ref()) else { return };
    let again = WheelHeaders::parse(&written).expect("what was written is read");
    assert_eq!((again.tags(), again.build()), (Ok(tags.clone()), Ok(build.clone())));
    assert_eq!(again.with_tags(&tags, build.as_ref()), None, "{}", written.escape_ascii());
}

fn entry_points(text: &[u8]) {
    match EntryPoints::parse(text) {
        Ok(found) => {
            let again = EntryPoints::parse(found.to_string().as_bytes());
            assert_eq!(again.expect("what was written is read"), found);
            for (name, object) in found.scripts() {
                assert!(!name.contains('/') && object.contains(':'), "{name} = {object}");
            }
        }
        Err(error) => assert!(error.message_with_hint().contains("\nhint: "), "{error}"),
    }
}

fn requirements(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for (number, requirement) in requirement_lines(&text) {
        assert!((1..=text.lines().count()).contains(&number));
        let Ok(found) = requirement else { continue };
        let shown = found.to_string();
        assert!(!shown.contains(['\n', '\r']), "{shown:?}");
        assert_eq!(shown.parse(), Ok(found), "{shown:?}");
    }
}

/// Writes METADATA with any texts that its types accept.
fn written(input: &mut Bytes<'_>) {
    let parsed = |input: &mut Bytes<'_>| input.text().parse().ok();
    let (name, version) = (parsed(input), input.text().parse().ok());
    let fallback = || ("name".parse().unwrap(), "1".parse().unwrap());
    let (name, version) = name.zip(version).unwrap_or_else(fallback);
    let mut fields = MetadataFields::new(name, version);
    fields.summary = input.text().parse().ok();
    fields.keywords.extend(input.text().split('|').filter_map(|word| word.parse().ok()));
    fields.author = input.text().parse().ok();
    fields.license = input.text().parse().ok();
    fields.license_files.extend(input.text().parse().ok());
    fields.classifiers.extend(input.text().parse().ok());
    fields.requires_python = input.text().parse().ok();
    fields.requires_dist.extend(input.text().parse().ok());
    fields.project_urls.extend(input.text().parse().ok());
    fields.extras.extend(input.text().parse().ok());
    let license = fields.license.clone();
    let (name, version) = (fields.name.clone(), fields.version.clone());
    let Ok(metadata) = Metadata::try_from(fields) else { return };
    let fields = metadata.fields();
    let mut expected = BTreeSet::from(["Metadata-Version", "Name", "Version"]);
    for (field, is_there) in [
        ("Summary", fields.summary.is_some()),
        ("Keywords", !fields.keywords.is_empty()),
        ("Author", fields.author.is_some()),
        ("License", matches!(license, Some(License::Text(_)))),
        ("License-Expression", matches!(license, Some(License::Expression(_)))),
        ("License-File", !fields.license_files.is_empty()),
        ("Classifier", !fields.classifiers.is_empty()),
        ("Requires-Python", fields.requires_python.as_ref().is_some_and(|it| it.to_string() != "")),
        ("Requires-Dist", !fields.requires_dist.is_empty()),
        ("Project-URL", !fields.project_urls.is_empty()),
    ] {
        if is_there {
            expected.insert(field);
        }
    }
    let text = metadata.to_string();
    let headers = Headers::parse(text.as_bytes());
    let mut found: BTreeSet<&str> = headers.names().collect();
    found.remove("Provides-Extra");
    assert_eq!(found, expected, "{text:?}");
    let summary = fields.summary.as_ref().map(|summary| summary.as_str());
    assert_eq!(headers.get("Summary"), summary);
    let read = MetadataHeaders::parse(text.as_bytes()).unwrap();
    assert_eq!((read.name, read.version), (name, version));
}
