//! Abbreviated options of `auditwheel repair`: Python's argparse accepts any prefix that only one option has.

use std::ffi::OsString;

/// The options of `auditwheel repair` 6.8.
const OPTIONS: [&str; 12] = [
    "--allow-pure-python-wheel",
    "--disable-isa-ext-check",
    "--exclude",
    "--ldpaths",
    "--lib-sdir",
    "--no-update-tags",
    "--only-plat",
    "--patcher",
    "--plat",
    "--strip",
    "--wheel-dir",
    "--zip-compression-level",
];

/// Returns the arguments of `repair` with whole names of options; `None` if they are for another command, or if none
/// is abbreviated.
pub(super) fn expanded(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let verb = arguments.iter().position(|argument| argument == "repair")?;
    let mut expanded = arguments.to_vec();
    let mut is_changed = false;
    for argument in expanded.iter_mut().skip(verb + 1) {
        if argument == "--" {
            break;
        }
        if let Some(whole) = argument.to_str().and_then(whole) {
            *argument = whole.into();
            is_changed = true;
        }
    }
    is_changed.then_some(expanded)
}

/// Returns an argument with the whole name of its option, if it is abbreviated.
fn whole(argument: &str) -> Option<String> {
    let (name, value) = match argument.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (argument, None),
    };
    if !name.starts_with("--") || OPTIONS.contains(&name) {
        return None;
    }
    let mut options = OPTIONS.iter().filter(|option| option.starts_with(name));
    let option = options.next().filter(|_| options.next().is_none())?;
    Some(value.map_or_else(|| (*option).to_owned(), |value| format!("{option}={value}")))
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn a_prefix_of_one_option_stands_for_it() {
        for (argument, expected) in [
            ("--whe", Some("--wheel-dir")),
            ("--e=libx.so.*", Some("--exclude=libx.so.*")),
            ("--pl", Some("--plat")),
            ("--p", None),
            ("--l", None),
            ("--plat", None),
            ("--exclude-file", None),
            ("-w", None),
            ("wheel", None),
        ] {
            assert_eq!(whole(argument).as_deref(), expected, "{argument}");
        }
    }
}
