//! Shell completions and man pages, from the definitions of the command line.

use std::borrow::Cow;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use thiserror::Error;

use super::Invocation;
use crate::error::{Diagnose, Error};
use crate::escape::escape_truncated;

/// `wheelworks completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// `wheelworks man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The command. Default: the page that lists them.
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// A command that does not exist.
#[derive(Debug, Error)]
#[error("`{}`: expected a command of wheelworks", escape_truncated(.0))]
struct UnknownCommand(String);

impl Diagnose for UnknownCommand {
    fn hint(&self) -> Option<Cow<'static, str>> {
        Some("`wheelworks --help` lists them".into())
    }
}

/// Returns the completions for a shell.
pub(crate) fn completions(arguments: &CompletionsArguments) -> String {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Invocation::command(), "wheelworks", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Returns the man page of a command, or that of all.
pub(crate) fn man(arguments: &ManArguments) -> Result<String, Error> {
    let mut command = Invocation::command();
    // Gives every command the options that all of them have.
    command.build();
    let page = match &arguments.command {
        None => command,
        Some(name) => {
            let is_it = |it: &&Command| it.get_name() == name && !it.is_hide_set();
            let found = command.get_subcommands().find(is_it).cloned();
            found.ok_or_else(|| UnknownCommand(name.clone()))?
        }
    };
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut text);
    rendered.map_err(|error| Error::Internal(format!("cannot write a man page: {error}")))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::color::Terminal;

    #[test]
    fn every_command_has_examples_that_parse() {
        for command in Invocation::command().get_subcommands().filter(|it| !it.is_hide_set()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> =
                help.lines().filter_map(|line| line.strip_prefix("  wheelworks ")).collect();
            assert!(!examples.is_empty(), "{} has no examples", command.get_name());
            for example in examples {
                // What follows three blanks is a comment; the shell does the rest.
                let words = example.split("   ").next().unwrap().split([' ']);
                let words = words.take_while(|word| !["|", ">"].contains(word));
                let words: Vec<std::ffi::OsString> = words.map(Into::into).collect();
                let parsed =
                    super::super::parse(&words, Terminal::default()).map(|it| it.verb.name());
                assert_eq!(parsed.ok(), Some(command.get_name()), "{example}");
            }
        }
    }

    #[test]
    fn every_command_has_a_page() {
        for command in Invocation::command().get_subcommands().filter(|it| !it.is_hide_set()) {
            let name = command.get_name().to_owned();
            let page = man(&ManArguments { command: Some(name.clone()) }).unwrap();
            assert!(page.contains(&format!("wheelworks\\-{name}")), "{page}");
            assert!(page.contains("\\-\\-color"), "{page}");
        }
        assert!(man(&ManArguments { command: None }).unwrap().contains("wheelworks\\-check"));
        assert!(man(&ManArguments { command: Some("fault".to_owned()) }).is_err());
    }
}
