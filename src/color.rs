//! Colours in text, for terminals.

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use clap::builder::Styles;

/// When text is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise (`NO_COLOR`, `CLICOLOR_FORCE`).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The styles of help and usage errors, in the colours of reports.
pub(crate) const STYLES: Styles = Styles::plain()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default().bold())
    .invalid(AnsiColor::Yellow.on_default().bold());

/// What decides about colours besides `--color`. By default, as in a worker, only `--color=always` turns them on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Whether the variables of the environment turn colours on or off.
    pub environment: Option<bool>,
    /// Whether stdout is a terminal.
    pub is_stdout: bool,
    /// Whether stderr is a terminal.
    pub is_stderr: bool,
}

impl ColorChoice {
    /// Returns whether text is coloured. `environment` is what the variables say.
    pub(crate) fn is_on(self, environment: Option<bool>, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => environment.unwrap_or(is_terminal),
        }
    }
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    pub(crate) on: bool,
}

impl Paint {
    /// No colours.
    pub(crate) const OFF: Self = Self { on: false };

    fn with(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    /// Colours the word for a success, or what is new.
    pub(crate) fn green(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default().bold(), text)
    }

    /// Colours the word for an error, or what is gone.
    pub(crate) fn red(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    /// Colours the word for a warning.
    pub(crate) fn yellow(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default().bold(), text)
    }

    /// Colours the word for an information.
    pub(crate) fn cyan(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default().bold(), text)
    }
}
