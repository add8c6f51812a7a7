//! Reports as one self-contained HTML file: the frame, the style, the scripts and the data.
//!
//! ```text
//! data (JSON) → escaped for HTML → frame.html with style, scripts and data in it
//! ```
//!
//! The page fetches nothing: its content security policy allows its own style and scripts, by their hashes, and no
//! request. The scripts write names as text, never as HTML.

mod embed;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// The layout of the page. `{{name}}` stands for a part.
const FRAME: &str = include_str!("frame.html");

const STYLE: &str = include_str!("page.css");

/// Layouts of hierarchies, by Mike Bostock: ISC licence.
const D3_HIERARCHY: &str = include_str!("vendor/d3-hierarchy.min.js");

const D3_HIERARCHY_LICENSE: &str = include_str!("vendor/d3-hierarchy.LICENSE");

/// The scripts of the frame, which every page has.
const FRAME_SCRIPTS: [&str; 2] = [include_str!("document.js"), include_str!("theme.js")];

/// What a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageKind {
    /// The sizes of wheels, or of two wheels side by side.
    Sizes,
    /// The wheels of a closure, and how their libraries find each other.
    Closure,
}

impl PageKind {
    /// Returns its scripts, in the order in which they run.
    fn scripts(self) -> &'static [&'static str] {
        match self {
            Self::Sizes => &[
                D3_HIERARCHY,
                include_str!("size_tree.js"),
                include_str!("treemap.js"),
                include_str!("tables.js"),
                include_str!("explorer.js"),
                include_str!("difference.js"),
                include_str!("sizes.js"),
            ],
            Self::Closure => &[
                include_str!("tables.js"),
                include_str!("link_graph.js"),
                include_str!("closure.js"),
            ],
        }
    }
}

/// Returns the page that shows `data`.
///
/// # Errors
///
/// [`Error::Internal`] if the data has no form in JSON.
pub(crate) fn render(kind: PageKind, title: &str, data: &Value) -> Result<String, Error> {
    let scripts = || FRAME_SCRIPTS.iter().chain(kind.scripts()).copied();
    let sources: Vec<String> = scripts().map(source).collect();
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        sources.join(" "),
        source(STYLE)
    );
    let scripts: Vec<String> = scripts().map(|it| format!("<script>{it}</script>")).collect();
    let data = embed::json(data)?;
    let parts = [
        ("policy", policy.as_str()),
        ("title", &embed::text(title)),
        ("version", env!("CARGO_PKG_VERSION")),
        ("license", D3_HIERARCHY_LICENSE),
        ("style", STYLE),
        ("data", &data),
        ("scripts", &scripts.join("\n")),
    ];
    Ok(filled(FRAME, &parts))
}

/// Returns the source expression that allows one inline script or style (Content Security Policy Level 3).
fn source(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
}

/// Replaces each `{{name}}` of the frame in one pass, so that what is put in is not searched.
fn filled(frame: &str, parts: &[(&str, &str)]) -> String {
    let mut pieces = frame.split("{{");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let part = parts.iter().find(|(it, _)| *it == name);
        text.push_str(part.map_or("", |(_, part)| part));
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence that ends a script or style, or that a parser of HTML takes for the begin of a comment.
    const ENDS: [&str; 3] = ["</script", "</style", "<!--"];

    #[test]
    fn no_asset_ends_its_element() {
        let assets = FRAME_SCRIPTS.iter().chain(PageKind::Sizes.scripts()).chain([&STYLE]);
        for asset in assets {
            let lower = asset.to_lowercase();
            assert!(ENDS.iter().all(|end| !lower.contains(end)), "{}", &asset[..60]);
            // A parser of HTML turns it into a line feed, so the hash would be another.
            assert!(!asset.contains('\r'), "{}", &asset[..60]);
        }
        assert!(!D3_HIERARCHY_LICENSE.contains("--"), "it is in a comment");
    }

    /// The file of the npm package `d3-hierarchy` 3.1.3, `dist/d3-hierarchy.min.js`.
    #[test]
    fn the_vendored_library_is_the_published_file() {
        let digest = Sha256::digest(D3_HIERARCHY);
        assert_eq!(
            STANDARD.encode(digest),
            "lx83TOn9vscR6yNYAD4rt1W/8i7GhS3F69WfmHJw22Q=",
            "update the hash, the version and the licence together"
        );
    }

    #[test]
    fn data_is_not_searched_for_parts() {
        let page = filled("a{{x}}b{{y}}c", &[("x", "{{y}}"), ("y", "</z>")]);
        assert_eq!(page, "a{{y}}b</z>c");
        assert!(FRAME.matches("{{").count() >= 7);
    }
}
