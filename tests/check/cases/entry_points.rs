//! Faults of `entry_points.txt`, of scripts and of SBOMs.

use super::{Case, wheel};
use crate::support::wheel::Wheel;

fn with(it: &mut Wheel, text: &str) {
    it.member("sample_pkg-1.0.dist-info/entry_points.txt", text);
}

#[expect(clippy::too_many_lines, reason = "a table, one row a case")]
pub(super) fn entry_points() -> Vec<Case> {
    vec![
        wheel(
            "an entry point with a colon",
            |it| with(it, "[console_scripts]\ntool: sample_pkg:main\n"),
            &["entry-points"],
        ),
        wheel(
            "an entry point without a group",
            |it| with(it, "tool = sample_pkg:main\n"),
            &["entry-points"],
        ),
        wheel(
            "a group of entry points twice",
            |it| {
                with(
                    it,
                    "[console_scripts]\na = sample_pkg:a\n[console_scripts]\nb = sample_pkg:b\n",
                );
            },
            &["entry-points"],
        ),
        wheel(
            "a command with the name of an interpreter",
            |it| with(it, "[console_scripts]\npython3.12 = sample_pkg:main\n"),
            &["script-reserved"],
        ),
        wheel(
            "a script with a name of pip's",
            |it| {
                it.member("sample_pkg-1.0.data/scripts/pip3", "#!python\n");
            },
            &["script-pip"],
        ),
        wheel(
            "a file beside the SBOMs",
            |it| {
                it.member("sample_pkg-1.0.dist-info/sboms/README", "nothing yet\n");
            },
            &["sbom"],
        ),
        wheel(
            "an SBOM that lacks a field",
            |it| {
                let sbom = r#"{"bomFormat": "CycloneDX", "components": []}"#;
                it.member("sample_pkg-1.0.dist-info/sboms/sbom.cdx.json", sbom);
            },
            &["sbom"],
        ),
        wheel(
            "a command whose module is missing",
            |it| with(it, "[console_scripts]\ntool = other.cli:main\n"),
            &["entry-points-module"],
        ),
        wheel(
            "names of entry points with characters that commands must not have",
            |it| {
                with(
                    it,
                    "[fsspec.specs]\ngit+ssh = sample_pkg:a\nMy Format = sample_pkg\nmaterial/blog = sample_pkg\n",
                );
            },
            &[],
        ),
        wheel(
            "a command with a blank in its name",
            |it| with(it, "[console_scripts]\nmy tool = sample_pkg:main\n"),
            &["entry-points"],
        ),
        wheel(
            "a command with a slash in its name",
            |it| with(it, "[gui_scripts]\na/b = sample_pkg:main\n"),
            &["entry-points"],
        ),
        wheel(
            "a command that is a module",
            |it| with(it, "[console_scripts]\ntool = sample_pkg\n"),
            &["entry-points"],
        ),
        wheel(
            "a comment of entry points with a semicolon",
            |it| with(it, "[group]\n; comment\na = sample_pkg\n"),
            &["entry-points"],
        ),
        wheel(
            "entry points that are all indented",
            |it| {
                with(it, "  [console_scripts]\n  a = sample_pkg:a\n  b = sample_pkg:b\n");
            },
            &[],
        ),
        wheel(
            "an entry point that continues on the next line",
            |it| with(it, "[console_scripts]\na =\n  sample_pkg:a\n"),
            &["entry-points"],
        ),
        wheel(
            "an entry point of a plug-in that is no object reference",
            |it| with(it, "[group]\na = sample_pkg/file.py\n"),
            &["entry-points-unusual"],
        ),
        wheel(
            "a group of entry points with a hyphen",
            |it| with(it, "[my-group]\na = sample_pkg\n"),
            &["entry-points-unusual"],
        ),
    ]
}
