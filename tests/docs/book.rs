//! The book of `make docs`: its table of contents, the messages that it explains, and how it looks in a browser.

use std::collections::BTreeSet;
use std::path::Path;

use crate::judges::script;
use crate::support::command::TestDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(path: &str) -> String {
    fs_err::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

#[test]
fn every_page_is_in_the_book() {
    let summary = read("docs/book/SUMMARY.md");
    let links: Vec<&str> =
        summary.lines().filter_map(|line| line.split_once("](")?.1.strip_suffix(')')).collect();
    let unique: BTreeSet<&str> = links.iter().copied().collect();
    assert_eq!(unique.len(), links.len(), "a page is in docs/book/SUMMARY.md twice");
    for (directory, prefix) in [("", "../../"), ("docs", "../")] {
        for entry in fs_err::read_dir(Path::new(ROOT).join(directory)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.extension().is_some_and(|it| it == "md") {
                let link = format!("{prefix}{name}");
                assert!(unique.contains(link.as_str()), "docs/book/SUMMARY.md lacks {link}");
            }
        }
    }
}

/// Adds the text of each source file below a directory.
fn add_sources(directory: &Path, text: &mut String) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_sources(&path, text);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "bzl") {
            text.push_str(&fs_err::read_to_string(&path).unwrap());
            text.push('\0');
        }
    }
}

/// Each heading of the page is a message: its parts between the `…` are in the sources.
#[test]
fn explained_messages_are_in_the_sources() {
    let mut sources = String::new();
    add_sources(&Path::new(ROOT).join("src"), &mut sources);
    add_sources(&Path::new(ROOT).join("bazel"), &mut sources);
    // A literal in several lines.
    let mut joined = String::with_capacity(sources.len());
    let mut lines = sources.split("\\\n");
    joined.extend(lines.next());
    lines.for_each(|line| joined.push_str(line.trim_start()));
    let joined = joined.replace("\\\"", "\"");
    let page = read("docs/troubleshooting.md");
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert!(headings.len() >= 20, "{headings:?}");
    for heading in headings {
        let message = heading.trim_matches('`');
        for part in message.split('…').map(|part| part.trim_matches([' ', '`'])) {
            assert!(joined.contains(part), "no message of the sources has `{part}`: {heading}");
        }
    }
}

#[test]
#[ignore = "needs the network, once"]
fn the_book_works_in_a_browser() {
    let dir = TestDir::new();
    let line = |name: &str| {
        let command = dir.command(format!("{ROOT}/scripts/{name}"), &[""; 0]).patience(60);
        command.expect(0).stdout.lines().next().unwrap().to_owned()
    };
    let (mdbook, browser) = (line("mdbook"), line("browser-env"));
    let book = dir.path().join("book");
    let arguments = [mdbook.as_str(), book.to_str().unwrap()];
    dir.command(format!("{ROOT}/scripts/book"), &arguments).patience(5).expect(0);
    let html = book.join("html");
    let passed =
        script(&dir, "book.py", &[&browser, html.to_str().unwrap()]).patience(15).expect(0);
    assert_eq!(passed.stdout.lines().count(), 3, "{}", passed.stdout);
}
