//! What the reports of `audit` share: colours, annotations of a workflow.

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;

use crate::escape::escape_text;

/// When text is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// If a person watches.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// A word that says how bad something is.
    pub(crate) fn mark(self, color: AnsiColor, text: &str) -> String {
        self.with(color.on_default().bold(), text)
    }
}

/// An annotation of a GitHub workflow ("Workflow commands"): `::error title=…::message`.
pub(crate) fn annotation(command: &str, title: &str, message: &str) -> String {
    format!("::{command} title={}::{}\n", property(title), data(message))
}

/// A message, with what ends a command escaped. Its lines stay lines; nothing else in it steers the log.
fn data(text: &str) -> String {
    let lines = text.split('\n').map(|line| escape_text(line).replace('%', "%25"));
    lines.collect::<Vec<_>>().join("%0A")
}

/// A property's value, in which more characters are special.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::annotation;

    #[test]
    fn annotations_are_lines_of_plain_text() {
        assert_eq!(
            annotation("error", "a:b,c", "100 %\r\u{1b}[31m\u{9b}\u{202e}\nhint: é"),
            "::error title=a%3Ab%2Cc::100 %25\\r\\u{1b}[31m\\u{9b}\\u{202e}%0Ahint: é\n"
        );
    }
}
