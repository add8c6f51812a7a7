//! Tests of `entry_points.rs`.

use proptest::prelude::*;

use super::*;

#[test]
fn entry_points_are_parsed() {
    for (flag, canonical) in [
        ("console_scripts:tool = a.cli:main", "console_scripts:tool = a.cli:main"),
        ("console_scripts:tool=a.cli : main.run", "console_scripts:tool = a.cli:main.run"),
        (
            "jax_plugins:xla_cuda12=jax_plugins.xla_cuda12",
            "jax_plugins:xla_cuda12 = jax_plugins.xla_cuda12",
        ),
        ("a.b:x.y-z = m:f [ e1,e2 ]", "a.b:x.y-z = m:f [e1,e2]"),
        ("fsspec.specs:git+ssh = a:b", "fsspec.specs:git+ssh = a:b"),
        ("a:My Format = b", "a:My Format = b"),
        ("mkdocs.plugins:material/blog=a", "mkdocs.plugins:material/blog = a"),
        ("a:b:c = d", "a:b:c = d"),
    ] {
        assert_eq!(flag.parse::<EntryPoint>().unwrap().to_string(), canonical);
    }
}

#[test]
fn an_error_names_the_wrong_part() {
    for (flag, part) in [
        ("", "form"),
        ("a:b", "form"),
        ("a=b:c", "form"),
        ("a-b:c = d", "group"),
        (":c = d", "group"),
        ("a.:c = d", "group"),
        ("a]\n[b:c = d", "group"),
        ("a: = d", "name"),
        ("a:[b = c", "name"),
        ("a:#b = c", "name"),
        ("a:;b = c", "name"),
        ("a:b\nc = d", "name"),
        ("a:b\u{2028}c = d", "name"),
        ("a:b\0c = d", "name"),
        ("a:b\u{1b}[1mc = d", "name"),
        ("console_scripts: = d:e", "command"),
        ("console_scripts:b c = d:e", "command"),
        ("gui_scripts:b+c = d:e", "command"),
        ("gui_scripts:b/c = d:e", "command"),
        ("a:b = ", "object"),
        ("a:b = c d", "object"),
        ("a:b = c:d:e", "object"),
        ("a:b = c\nd = e", "object"),
        ("a:b = 1c", "object"),
        ("a:b = c[", "object"),
        ("a:b = c[]", "object"),
        ("a:b = c[x]y", "object"),
        ("console_scripts:b = c", "script"),
        ("gui_scripts:b = c [x]", "script"),
    ] {
        let found = match flag.parse::<EntryPoint>().unwrap_err() {
            EntryPointsError::Form { .. } => "form",
            EntryPointsError::Group { .. } => "group",
            EntryPointsError::Name { .. } => "name",
            EntryPointsError::Command { .. } => "command",
            EntryPointsError::Object { .. } => "object",
            EntryPointsError::Script { .. } => "script",
            other => panic!("{other}"),
        };
        assert_eq!(found, part, "{flag:?}");
    }
}

#[test]
fn a_file_is_written_and_read() {
    let flags = [
        "z:b = m",
        "console_scripts:tool = a:main",
        "z:a = m:f [e]",
        "console_scripts:also = a:also",
    ];
    let points = EntryPoints::new(flags.map(|flag| flag.parse().unwrap())).unwrap();
    insta::assert_snapshot!(points, @r"
    [console_scripts]
    also = a:also
    tool = a:main

    [z]
    a = m:f [e]
    b = m
    ");
    assert_eq!(EntryPoints::parse(points.to_string().as_bytes()), Ok(points));
    assert!(EntryPoints::default().is_empty());
}

#[test]
fn files_of_other_tools_are_read() {
    let text = "# comment\r\n\r\n[console_scripts]\r\n  tool=a:main\r\n  # comment\r\nB = a:b\r\n\r\n[empty]\r\n";
    let points = EntryPoints::parse(text.as_bytes()).unwrap();
    assert_eq!(points.to_string(), "[console_scripts]\nB = a:b\ntool = a:main\n");
}

#[test]
fn messages() {
    let flag = |text: &str| text.parse::<EntryPoint>().unwrap_err().message_with_hint();
    insta::assert_snapshot!(flag("tool=a:main"), @r"
    `tool=a:main` is not an entry point: expected `GROUP:NAME = OBJECT`
    hint: as in `console_scripts:tool = package.cli:main`
    ");
    insta::assert_snapshot!(flag("console scripts:tool = a:main"), @r"
    `console scripts` is not a group of entry points: expected words joined by dots
    hint: as in `console_scripts` or `jax_plugins`
    ");
    insta::assert_snapshot!(flag("console_scripts:my tool = a:main"), @r"
    `my tool` is not the name of a command: expected letters, digits, `_`, `.` and `-`
    hint: PyPI refuses any other character
    ");
    insta::assert_snapshot!(flag("a:[b] = a:main"), @r"
    `[b]` is not the name of an entry point: expected a line without `=`, and no `[`, `#` or `;` in front
    hint: readers of the file would read something else
    ");
    insta::assert_snapshot!(flag("console_scripts:tool = a/b.py"), @r"
    `a/b.py` is not an object reference: expected `MODULE` or `MODULE:ATTRIBUTE`
    hint: as in `package.cli:main`
    ");
    insta::assert_snapshot!(flag("console_scripts:tool = a.cli"), @r"
    `a.cli` cannot be a command of `console_scripts`: expected a function, found a module
    hint: name the function, as in `package.cli:main`
    ");
    let file = |text: &[u8]| EntryPoints::parse(text).unwrap_err().message_with_hint();
    insta::assert_snapshot!(file(b"[a]\nb = c\nb = d\n"), @r"
    `b` of `a` is given twice, as `c` and as `d`
    hint: remove one of them
    ");
    insta::assert_snapshot!(file(b"[a]\nb = c\n\n[a]\n"), @r"
    line 4 of entry_points.txt: expected each group once, found `[a]` again
    hint: put all entries of a group under one `[GROUP]`
    ");
    insta::assert_snapshot!(file(b"[a]\nb: c\n"), @r"
    line 2 of entry_points.txt: expected `[GROUP]` or, below one, `NAME = OBJECT`, found `b: c`
    hint: no line continues another, a comment starts with `#`, and `:` is no replacement for `=`
    ");
    insta::assert_snapshot!(file(b"b = c\n"), @r"
    line 1 of entry_points.txt: expected `[GROUP]` or, below one, `NAME = OBJECT`, found `b = c`
    hint: no line continues another, a comment starts with `#`, and `:` is no replacement for `=`
    ");
    insta::assert_snapshot!(file(b"[a]\nb = c\n  d = e\n"), @r"
    line 3 of entry_points.txt: expected `[GROUP]` or, below one, `NAME = OBJECT`, found `  d = e`
    hint: no line continues another, a comment starts with `#`, and `:` is no replacement for `=`
    ");
    insta::assert_snapshot!(file(b"[a]\nb = \xff\n"), @r"
    entry_points.txt: expected UTF-8, found another byte at position 8
    hint: save the file as UTF-8
    ");
}

proptest! {
    #[test]
    fn displayed_values_parse_to_the_same(
        flags in proptest::collection::btree_map("[a-c]{1,2}(\\.[a-c])?:[a-z.-]{1,3}", "[a-z]{1,3}(:[a-z]{1,2})?( \\[x\\])?", 0..6),
    ) {
        let points = flags.iter().map(|(key, object)| format!("{key}={object}").parse().unwrap());
        let points = EntryPoints::new(points).unwrap();
        prop_assert_eq!(EntryPoints::parse(points.to_string().as_bytes()), Ok(points));
    }

    #[test]
    fn no_text_panics(text in "(\\[?[a-z]{0,3}\\]?[ =:;\\[\\]é]{0,2}\\PC{0,3}\n){0,5}") {
        let _ = EntryPoints::parse(text.as_bytes());
        let _ = text.parse::<EntryPoint>();
    }
}
