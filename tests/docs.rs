//! Generates the option tables in `docs/` from the definitions of the command line. Its modules run the command lines
//! of all documents, and judge the book that they make.

mod book;
mod command_lines;

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};
use wheelworks::cli::Invocation;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The commands, each with the page that has its options.
const PAGES: [(&str, &str); 18] = [
    ("pack", "pack.md"),
    ("repack", "repack.md"),
    ("retag", "retag.md"),
    ("sdist", "source-trees.md"),
    ("editable", "source-trees.md"),
    ("audit", "audit.md"),
    ("lddtree", "lddtree.md"),
    ("repair", "repair.md"),
    ("slim", "slim.md"),
    ("split", "slim.md"),
    ("patchelf", "patchelf.md"),
    ("unpack", "unpack.md"),
    ("check", "check.md"),
    ("closure", "closure.md"),
    ("inspect", "inspect.md"),
    ("diff", "inspect.md"),
    (COMMON, "options.md"),
    (WORKER, "worker.md"),
];

/// Stands for the options of every command.
const COMMON: &str = "every command";

/// Stands for the start-up options, which belong to no command.
const WORKER: &str = "--persistent_worker";

/// Commands without options of their own: an alias, the hidden command, and `help`.
const WITHOUT_A_PAGE: [&str; 5] = ["show", "completions", "man", "fault", "help"];

#[test]
fn option_tables_match_the_command_line() {
    let invocation = Invocation::command();
    for (name, page) in PAGES {
        let is_common = |argument: &&Arg| argument.is_global_set();
        let table = if name == COMMON {
            table(invocation.get_arguments().filter(is_common), false)
        } else if name == WORKER {
            let is_cache = |argument: &&Arg| argument.get_id().as_str().starts_with("cache");
            let of_worker = |it: &&Arg| !is_common(it) || is_cache(it);
            table(invocation.get_arguments().filter(of_worker), true)
        } else {
            let command = invocation.find_subcommand(name).unwrap();
            table(command.get_arguments(), false)
        };
        assert_table(page, name, &table);
    }
}

/// Options that have one name in several commands and differ on purpose, with the reason.
const DIFFERENT: [(&str, &str); 12] = [
    ("out", "a wheel, an archive or a directory"),
    (
        "wheel-dir",
        "`pack`, `repack`, `slim` and `split` write to the working directory, `retag` beside the wheel, as `wheel tags`, and \
         `repair` to `wheelhouse`, as auditwheel",
    ),
    (
        "layout",
        "`unpack` takes the path of site-packages, `lddtree` whether a wheel is read as installed",
    ),
    ("compression-level", "a source distribution is never stored"),
    (
        "json",
        "auditwheel's form in `show`, `audit` and `lddtree`; elsewhere another spelling of `--report json`",
    ),
    ("build-tag", "`retag` changes tags, `pack` has defaults"),
    ("python-tag", "as `--build-tag`"),
    ("abi-tag", "as `--build-tag`"),
    ("platform-tag", "as `--build-tag`"),
    ("by", "`inspect` lists device code by it, and `split` makes wheels by it"),
    ("level", "only `check` has levels"),
    ("version", "`patchelf` prints the version of the program of that name"),
];

/// An option means the same in each command that has it: the same short name, value, default and list separator.
#[test]
fn options_are_the_same_in_every_command() {
    let invocation = Invocation::command();
    let mut seen: std::collections::BTreeMap<String, (String, &str)> = [].into();
    let mut wrong = Vec::new();
    for command in invocation.get_subcommands().filter(|command| !command.is_hide_set()) {
        for argument in command.get_arguments() {
            let Some(long) = argument.get_long() else { continue };
            if DIFFERENT.iter().any(|(name, _)| *name == long) {
                continue;
            }
            let description = format!(
                "-{:?} {:?} {:?} {:?} {:?}",
                argument.get_short(),
                argument.get_value_names(),
                argument.get_default_values(),
                argument.get_value_delimiter(),
                argument.get_action(),
            );
            let name = command.get_name();
            match seen.get(long) {
                Some((other, of)) if *other != description => {
                    wrong.push(format!("--{long} of {name}: {description}; of {of}: {other}"));
                }
                Some(_) => {}
                None => drop(seen.insert(long.to_owned(), (description, name))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The options of every command are no command's own.
    for common in invocation.get_arguments().filter(|argument| argument.is_global_set()) {
        let long = common.get_long().unwrap();
        assert!(!seen.contains_key(long), "--{long} is defined twice");
    }
}

/// Commands whose result is a report write it to a file with `-o`, and have JSON.
#[test]
fn reports_have_the_same_options() {
    let invocation = Invocation::command();
    for (name, has_output) in [
        ("check", true),
        ("show", true),
        ("audit", true),
        ("closure", true),
        ("inspect", true),
        ("diff", true),
        ("lddtree", true),
        // `--out` is the wheel; a second output beside it would be mistaken for it.
        ("pack", false),
        ("repack", false),
        ("retag", false),
        ("repair", true),
        ("slim", true),
        ("split", true),
        ("sdist", false),
        ("editable", false),
        ("unpack", false),
    ] {
        let command = invocation.find_subcommand(name).unwrap();
        let find = |long: &str| command.get_arguments().find(|it| it.get_long() == Some(long));
        let forms = find("report").unwrap().get_possible_values();
        assert_eq!(forms[0].get_name(), "text", "{name}");
        assert_eq!(forms[1].get_name(), "json", "{name}");
        assert_eq!(find("output").is_some(), has_output, "{name}");
        if let Some(output) = find("output") {
            assert_eq!(output.get_short(), Some('o'), "{name}");
        }
    }
}

#[test]
fn every_command_has_a_page_in_the_list() {
    let list = fs_err::read_to_string(Path::new(ROOT).join("docs/README.md")).unwrap();
    let invocation = Invocation::command();
    let names = invocation.get_subcommands().map(Command::get_name);
    for name in names.filter(|name| !WITHOUT_A_PAGE.contains(name)) {
        let (_, page) = PAGES.iter().find(|(command, _)| *command == name).unwrap();
        assert!(list.contains(&format!("`{name}`")), "docs/README.md does not name `{name}`");
        assert!(list.contains(&format!("({page})")), "docs/README.md does not link {page}");
    }
}

#[test]
fn every_page_is_in_the_list() {
    let docs = Path::new(ROOT).join("docs");
    let list = fs_err::read_to_string(docs.join("README.md")).unwrap();
    for entry in fs_err::read_dir(&docs).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_page = path.extension().is_some_and(|it| it == "md") && name != "README.md";
        assert!(!is_page || list.contains(&format!("({name})")), "docs/README.md lacks {name}");
    }
}

/// Returns a Markdown table of options. `hidden` includes those that `--help` does not list.
fn table<'a>(arguments: impl Iterator<Item = &'a Arg>, hidden: bool) -> String {
    let mut text = String::from("| option | default | meaning |\n|---|---|---|\n");
    let is_listed = |argument: &&Arg| {
        (hidden || !argument.is_hide_set())
            && !["help", "version"].contains(&argument.get_id().as_str())
    };
    for argument in arguments.filter(is_listed) {
        let default: Vec<String> = argument
            .get_default_values()
            .iter()
            .filter(|value| !value.is_empty())
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        let is_flag = !argument.get_action().takes_values();
        let default = if is_flag { String::new() } else { default.join(" ") };
        writeln!(text, "| {} | {default} | {} |", names(argument), meaning(argument)).unwrap();
    }
    text
}

/// Returns the spellings of an option, with its value.
fn names(argument: &Arg) -> String {
    let value = argument.get_value_names().unwrap_or_default().join(" ");
    let takes_value = argument.get_action().takes_values();
    let mut names = Vec::new();
    names.extend(argument.get_short().map(|short| format!("-{short}")));
    names.extend(argument.get_long().map(|long| format!("--{long}")));
    names.extend(argument.get_all_aliases().unwrap_or_default().iter().map(|it| format!("--{it}")));
    match names.last_mut() {
        Some(last) if takes_value => last.extend([" ", &value]),
        Some(_) => {}
        None => names.push(value.clone()),
    }
    names.iter().map(|name| format!("`{}`", cell(name))).collect::<Vec<_>>().join(", ")
}

/// Returns the help text of an option, with the values that it accepts.
fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).unwrap().to_string();
    let mut help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    if !help.ends_with('.') {
        help.push('.');
    }
    let values = argument.get_possible_values();
    let values: Vec<String> = values
        .iter()
        .filter(|_| argument.get_action().takes_values())
        .map(|value| {
            let help = value.get_help().map_or_else(String::new, |help| format!(" ({help})"));
            format!("`{}`{help}", value.get_name())
        })
        .collect();
    let values =
        if values.is_empty() { String::new() } else { format!(" One of {}.", values.join(", ")) };
    cell(&(help + &values))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Fails unless the page has this table between its begin and end comments. With
/// `WHEELWORKS_TEST_BLESS`, writes it there instead.
fn assert_table(page: &str, name: &str, table: &str) {
    let begin = format!("<!-- begin: options of {name}, written by a test -->\n");
    let end = format!("<!-- end: options of {name} -->");
    let path = Path::new(ROOT).join("docs").join(page);
    let text = fs_err::read_to_string(&path).unwrap();
    let from = text.find(&begin).unwrap_or_else(|| panic!("docs/{page} has no `{begin}`"));
    let from = from + begin.len();
    let to = text.find(&end).unwrap_or_else(|| panic!("docs/{page} has no `{end}`"));
    if std::env::var_os("WHEELWORKS_TEST_BLESS").is_some() {
        fs_err::write(&path, format!("{}{table}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert!(
        text[from..to] == *table,
        "docs/{page} is stale: run this test with WHEELWORKS_TEST_BLESS=1\n--- expected\n{table}"
    );
}
