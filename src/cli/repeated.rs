//! Options that come once for each file of a wheel: all but some are taken out of the command line before clap parses it,
//! and put into the parsed arguments afterwards.
//!
//! clap takes 0.6 µs for each argument, which was nine tenths of the time of reading an argument file of 20,000
//! members. The result is that of clap alone: where the two could differ, clap parses the whole command line.

use std::ffi::{OsStr, OsString};

use super::{Invocation, Verb};
use crate::pack::DeclaredArguments;

/// The beginning of an argument, and the parsed values of its option.
type RepeatedOption = (&'static str, fn(&mut DeclaredArguments) -> &mut Vec<OsString>);

/// The options, in the form in which the rules for Bazel write them.
const OPTIONS: [RepeatedOption; 3] = [
    ("--member=", |arguments| &mut arguments.contents.members),
    ("--external-member=", |arguments| &mut arguments.contents.external_members),
    ("--sbom-origin=", |arguments| &mut arguments.sbom.origins),
];

/// The least number of arguments to take out: clap needs half a millisecond for them.
const LEAST: usize = 1000;

/// A command line without the repeated options.
struct Split<'a> {
    /// The arguments for clap.
    rest: Vec<OsString>,
    /// The values of each option in their order; `None` for one that is in `rest`.
    values: [Vec<Option<&'a OsStr>>; OPTIONS.len()],
}

/// Parses arguments as `parse` does, which gets fewer of them if some options are repeated often.
pub(super) fn parse<E>(
    arguments: &[OsString],
    parse: impl Fn(&[OsString]) -> Result<Invocation, E>,
) -> Result<Invocation, E> {
    let fast = split(arguments).and_then(|split| joined(parse(&split.rest).ok()?, split.values));
    // Errors are those of the whole command line.
    fast.map_or_else(|| parse(arguments), Ok)
}

/// Takes the repeated options out. `None` if they are few, or if an argument may be one of them without looking so.
///
/// An argument stays if none of them is in front of it: an option without a value may take it for its value. The first
/// one of each option stays, so that clap knows whether other options that it needs are there.
fn split(arguments: &[OsString]) -> Option<Split<'_>> {
    let mut split = Split { rest: Vec::new(), values: Default::default() };
    let mut is_behind_one = false;
    for argument in arguments {
        let found = option_of(argument).filter(|(_, value)| !value.is_empty());
        let mut stays = true;
        if let Some((option, value)) = found {
            let values = &mut split.values[option];
            stays = !is_behind_one || values.is_empty();
            values.push((!stays).then_some(value));
        } else if argument == "--" {
            return None;
        }
        if stays {
            split.rest.push(argument.clone());
        }
        is_behind_one = found.is_some();
    }
    (arguments.len() - split.rest.len() >= LEAST).then_some(split)
}

/// Returns the index and the value of the option that an argument is.
fn option_of(argument: &OsStr) -> Option<(usize, &OsStr)> {
    OPTIONS
        .iter()
        .enumerate()
        .find_map(|(index, (prefix, _))| Some((index, strip_prefix(argument, prefix)?)))
}

/// Puts values where clap has left them out. `None` if clap has parsed other values than those that were left to it.
fn joined(
    mut invocation: Invocation,
    values: [Vec<Option<&OsStr>>; OPTIONS.len()],
) -> Option<Invocation> {
    let declared = match &mut invocation.verb {
        Verb::Pack(arguments) => &mut arguments.declared,
        Verb::Sdist(arguments) => &mut arguments.declared,
        Verb::Editable(arguments) => &mut arguments.declared,
        _ => return None,
    };
    for ((prefix, parsed), values) in OPTIONS.into_iter().zip(values) {
        let parsed = parsed(declared);
        let mut left = std::mem::take(parsed).into_iter();
        parsed.reserve_exact(values.len());
        for value in values {
            parsed.push(value.map_or_else(|| left.next(), |value| Some(value.to_owned()))?);
        }
        if left.next().is_some() {
            tracing::debug!("{prefix} is written in several forms");
            return None;
        }
    }
    Some(invocation)
}

/// Removes a prefix; `OsStr` lacks this method.
#[cfg(unix)]
fn strip_prefix<'a>(argument: &'a OsStr, prefix: &str) -> Option<&'a OsStr> {
    use std::os::unix::ffi::OsStrExt as _;
    argument.as_bytes().strip_prefix(prefix.as_bytes()).map(OsStr::from_bytes)
}

#[cfg(not(unix))]
fn strip_prefix<'a>(argument: &'a OsStr, prefix: &str) -> Option<&'a OsStr> {
    argument.to_str()?.strip_prefix(prefix).map(OsStr::new)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn by_clap(arguments: &[OsString]) -> Result<Invocation, clap::Error> {
        let program = OsString::from("wheelworks");
        Invocation::try_parse_from(std::iter::once(&program).chain(arguments))
    }

    /// The arguments with many members in place of `MANY`, and also with many origins in place of `ALL`.
    fn filled(arguments: &str) -> Vec<OsString> {
        let many = |options: usize| {
            let option = move |number: usize| OPTIONS[number % 7 % options].0;
            (0..LEAST + 9).map(move |number| format!("{}r/{number}=b/{number}", option(number)))
        };
        let fill = |word: &str| -> Vec<String> {
            match word {
                "MANY" => many(2).collect(),
                "ALL" => many(3).collect(),
                _ => vec![word.to_owned()],
            }
        };
        arguments.split(' ').flat_map(fill).map(OsString::from).collect()
    }

    /// Whether the options are taken out, and the result is used.
    fn is_fast(arguments: &[OsString]) -> bool {
        split(arguments)
            .and_then(|split| joined(by_clap(&split.rest).ok()?, split.values))
            .is_some()
    }

    #[test]
    fn the_result_is_that_of_clap() {
        const PACK: &str = "pack --out=o --distribution=d --version=1";
        for (arguments, fast) in [
            ("PACK MANY", true),
            ("pack MANY --out o --distribution=d --version=1", true),
            ("PACK --json MANY --member=last=l", true),
            ("PACK MANY --member=x=y --place=a=b MANY --header=h=h --member=z=z", true),
            ("PACK --sbom=spdx --sbom-origin=i=s MANY --sbom-origin=j=t", true),
            ("PACK --sbom=spdx ALL", true),
            ("--cache-dir=c PACK MANY -w x", false),
            ("--cache-dir=c PACK MANY", true),
            ("sdist --out=o --distribution=d --version=1 MANY", true),
            ("editable --out=o --distribution=d --version=1 MANY", true),
            // An option that takes the first one of them for its value.
            ("PACK --repair MANY", false),
            ("PACK --external-repository MANY", false),
            // Other forms, whose order counts.
            ("PACK --member a=b MANY", false),
            ("PACK MANY --member a=b MANY", false),
            ("PACK MANY --member=", false),
            ("PACK MANY -- x", false),
            // Errors.
            ("pack MANY", false),
            ("PACK MANY --no-such-option", false),
            ("PACK --sbom-origin=i=s MANY", false),
            ("PACK ALL", false),
            ("check MANY", false),
            ("MANY", false),
            ("pack x MANY", false),
        ] {
            let arguments = filled(&arguments.replace("PACK", PACK));
            let (mine, clap) = (parse(&arguments, by_clap), by_clap(&arguments));
            let texts = [&mine, &clap].map(|result| match result {
                Ok(invocation) => format!("{invocation:?}"),
                Err(error) => error.to_string(),
            });
            let shown: Vec<_> = arguments.iter().filter(|it| it.len() < 9).collect();
            assert_eq!(texts[0], texts[1], "{shown:?}");
            assert_eq!(is_fast(&arguments), fast, "{shown:?}");
        }
    }

    #[test]
    fn few_options_are_left_to_clap() {
        let arguments: Vec<_> = filled("pack MANY").into_iter().take(LEAST + 1).collect();
        assert!(split(&arguments).is_none());
    }
}
