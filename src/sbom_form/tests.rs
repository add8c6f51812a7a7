//! Tests of forms: valid files, files without each mandatory field, and files that do not parse.

use super::SbomForm::{
    CycloneDxJson, CycloneDxXml, Spdx3, SpdxJson, SpdxRdf, SpdxTagValue, SpdxYaml, Swid,
};
use super::*;

const CYCLONEDX: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
  "metadata": {"component": {"type": "library", "name": "a"}},
  "components": [{"type": "library", "name": "b", "components": [{"type": "file", "name": "c"}]}]}"#;

const CYCLONEDX_XML: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">
  <components><component type="library"><name>b</name></component></components>
</bom>"#;

const SPDX: &str = r#"{"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "dataLicense": "CC0-1.0",
  "name": "a", "documentNamespace": "https://example.org/a",
  "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t"]},
  "packages": [{"name": "b", "SPDXID": "SPDXRef-b", "downloadLocation": "NOASSERTION"}]}"#;

const TAG_VALUE: &str = "# A comment
SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: a
DocumentNamespace: https://example.org/a
Creator: Tool: t
Created: 2026-01-01T00:00:00Z
CreatorComment: <text>several
lines, not tags</text>

PackageName: b
SPDXID: SPDXRef-b
PackageDownloadLocation: NOASSERTION
";

const SPDX_3: &str = r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
  {"type": "CreationInfo", "specVersion": "3.0.1", "created": "2026-01-01T00:00:00Z", "createdBy": ["a"]},
  {"type": "SpdxDocument", "spdxId": "b", "creationInfo": "_:c"}]}"#;

const YAML: &str = "SPDXID: SPDXRef-DOCUMENT
spdxVersion: SPDX-2.3
name: a
dataLicense: CC0-1.0
documentNamespace: https://example.org/a
creationInfo:
  created: '2026-01-01T00:00:00Z'
";

const RDF: &str = r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:spdx="http://spdx.org/rdf/terms#"><spdx:SpdxDocument rdf:about="a"/></rdf:RDF>"#;

const SWID: &str = r#"<SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
  name="a" tagId="b"/>"#;

#[test]
fn each_form_is_recognised() {
    for (text, expected) in [
        (CYCLONEDX, CycloneDxJson),
        (CYCLONEDX_XML, CycloneDxXml),
        (SPDX, SpdxJson),
        (TAG_VALUE, SpdxTagValue),
        (SPDX_3, Spdx3),
        (YAML, SpdxYaml),
        (RDF, SpdxRdf),
        (SWID, Swid),
    ] {
        assert_eq!(sbom_form(text.as_bytes()), Ok(expected));
        let marked = format!("\u{FEFF}{text}");
        assert_eq!(sbom_form(marked.as_bytes()), Ok(expected));
        let windows = text.replace('\n', "\r\n");
        assert_eq!(sbom_form(windows.as_bytes()), Ok(expected));
    }
    let cut = r#"{"bomFormat": "CycloneDX", "specVersion": "1.4"}"#;
    assert_eq!(sbom_form(cut.as_bytes()), Ok(CycloneDxJson));
}

/// Each mandatory field, removed from a valid file, is what the error names.
#[test]
fn each_mandatory_field_is_missed() {
    for (text, removed, expected) in [
        (CYCLONEDX, r#""bomFormat": "CycloneDX", "#, "bomFormat"),
        (CYCLONEDX, r#" "specVersion": "1.6","#, "specVersion"),
        (CYCLONEDX, r#""type": "library", "name": "a""#, "type"),
        (CYCLONEDX, r#", "name": "c""#, "name"),
        (CYCLONEDX_XML, r#" type="library""#, "type"),
        (CYCLONEDX_XML, "<name>b</name>", "name"),
        (SPDX, r#""spdxVersion": "SPDX-2.3", "#, "spdxVersion"),
        (SPDX, r#" "SPDXID": "SPDXRef-DOCUMENT","#, "SPDXID"),
        (SPDX, r#", "dataLicense": "CC0-1.0""#, "dataLicense"),
        (SPDX, r#""name": "a", "#, "name"),
        (SPDX, r#", "documentNamespace": "https://example.org/a""#, "documentNamespace"),
        (SPDX, r#""created": "2026-01-01T00:00:00Z", "#, "created"),
        (SPDX, r#", "creators": ["Tool: t"]"#, "creators"),
        (SPDX, r#", "downloadLocation": "NOASSERTION""#, "downloadLocation"),
        (TAG_VALUE, "SPDXVersion: SPDX-2.3\n", ""),
        (TAG_VALUE, "DataLicense: CC0-1.0\n", "DataLicense"),
        (TAG_VALUE, "SPDXID: SPDXRef-DOCUMENT\n", "SPDXID"),
        (TAG_VALUE, "DocumentName: a\n", "DocumentName"),
        (TAG_VALUE, "DocumentNamespace: https://example.org/a\n", "DocumentNamespace"),
        (TAG_VALUE, "Creator: Tool: t\n", "Creator"),
        (TAG_VALUE, "Created: 2026-01-01T00:00:00Z\n", "Created"),
        (TAG_VALUE, "SPDXID: SPDXRef-b\n", "SPDXID"),
        (TAG_VALUE, "PackageDownloadLocation: NOASSERTION\n", "PackageDownloadLocation"),
        (SPDX_3, r#""createdBy": ["a"]"#, ""),
        (YAML, "name: a\n", "name"),
        (SWID, r#"tagId="b""#, "tagId"),
    ] {
        assert!(text.contains(removed), "{removed}");
        let error = sbom_form(text.replacen(removed, "", 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("expected "), "{removed}: {error}");
    }
}

/// A reference that is there twice, or that leads nowhere.
#[test]
fn references_are_unique_and_known() {
    let cyclonedx = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
      "metadata": {"component": {"type": "library", "name": "a", "bom-ref": "r1"},
        "tools": {"components": [{"type": "application", "name": "t", "bom-ref": "r0"}]}},
      "components": [{"type": "library", "name": "a", "bom-ref": "r1"}, {"type": "library", "name": "b", "bom-ref": "r2",
        "components": [{"type": "file", "name": "c", "bom-ref": "r3"}]}],
      "services": [{"name": "s", "bom-ref": "r4"}],
      "dependencies": [{"ref": "r0"}, {"ref": "r1"}, {"ref": "r3"}, {"ref": "r4"}, {"ref": "urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1"}]}"#;
    let spdx = SPDX.replace(
        "\"packages\"",
        "\"relationships\": [{\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relatedSpdxElement\": \"SPDXRef-b\"},
          {\"spdxElementId\": \"SPDXRef-b\", \"relatedSpdxElement\": \"NONE\"}], \"files\": [{\"SPDXID\": \"SPDXRef-c\"}], \"packages\"",
    );
    assert_eq!(sbom_form(cyclonedx.as_bytes()), Ok(CycloneDxJson));
    assert_eq!(sbom_form(spdx.as_bytes()), Ok(SpdxJson));
    for (text, from, to, expected) in [
        (cyclonedx, r#""bom-ref": "r3""#, r#""bom-ref": "r2""#, "another `bom-ref` than `r2`"),
        (cyclonedx, r#""bom-ref": "r4""#, r#""bom-ref": "r3""#, "another `bom-ref` than `r3`"),
        (cyclonedx, r#""ref": "r3""#, r#""ref": "r5""#, "an element for `ref` `r5`"),
        (cyclonedx, r#""ref": "r3""#, r#""reference": "r3""#, "expected `ref` in"),
        (&spdx, "SPDXRef-c", "SPDXRef-b", "another `SPDXID` than `SPDXRef-b`"),
        (&spdx, r#"Element": "SPDXRef-b""#, r#"Element": "SPDXRef-d""#, "`SPDXRef-d`"),
        (
            &spdx,
            r#""spdxElementId": "SPDXRef-b""#,
            r#""spdxElementId": "SPDXRef-d""#,
            "`SPDXRef-d`",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let error = sbom_form(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{from}: {error}");
    }
}

#[test]
fn what_does_not_parse_is_refused() {
    for (text, expected) in [
        (CYCLONEDX[..50].to_owned(), "expected JSON, found what is not: EOF"),
        (CYCLONEDX_XML[..80].to_owned(), "expected XML, found what is not: "),
        (TAG_VALUE.replace("DocumentName:", "Document name"), "line 5 is not `Tag: value`"),
        (TAG_VALUE.replace("</text>", ""), "`<text>` of line 9 has no end"),
        (
            CYCLONEDX.replace("1.6", "1.60"),
            "expected `specVersion` from `1.2` to `1.7` in CycloneDX as JSON",
        ),
        (
            SPDX.replace("SPDX-2.3", "SPDX-1.2"),
            "expected `spdxVersion` such as `SPDX-2.3` in SPDX 2 as JSON",
        ),
        // An entity may stand for gigabytes.
        (r#"<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>"#.to_owned(), "expected XML, found what"),
    ] {
        let error = sbom_form(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    for unknown in
        ["", "nothing yet\n", "{}", "[]", "<a/>", "a: b\n", r#"the "bomFormat" of CycloneDX"#]
    {
        assert_eq!(sbom_form(unknown.as_bytes()), Err(SbomError::Unknown), "{unknown}");
    }
    assert_eq!(sbom_form(b"\xFF\xFE<\0"), Err(SbomError::Unknown));
}

/// Neither parser recurses without a bound.
#[test]
fn deep_nesting_is_no_crash() {
    let depth = 100_000;
    assert!(sbom_form("[".repeat(depth).as_bytes()).is_err());
    let xml = format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(sbom_form(xml.as_bytes()), Err(SbomError::Unknown));
}
