//! A rule: its identifier, its severity, the reason, and the remedy.

use clap::ValueEnum;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Severity {
    /// Good to know.
    Info,
    /// It can go wrong somewhere, or one index refuses it and another does not.
    Warning,
    /// A standard is broken, installers fail or differ, or a demand of the user is not met.
    Error,
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The identifier: its subject, then the fault, in lower case with `-` between words.
    pub id: &'static str,
    /// The severity of a violation.
    pub severity: Severity,
    /// The problem, as a noun phrase.
    pub what: &'static str,
    /// The consequence of the problem.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Other tools that have the rule; may be empty.
    pub also: &'static str,
}

impl Rule {
    /// The number that check-wheel-contents gives the rule, such as `W001`.
    #[must_use]
    pub fn number(&self) -> Option<&'static str> {
        self.also.split([' ', ',']).find(|word| {
            word.strip_prefix('W').is_some_and(|rest| {
                rest.len() == 3 && rest.chars().all(|character| character.is_ascii_digit())
            })
        })
    }
}

/// All rules of a verb.
#[derive(Debug)]
pub struct RuleTable {
    /// The rules by subject, in the order of the documentation.
    pub groups: &'static [&'static [&'static Rule]],
    /// The hint for a name that no rule has.
    pub hint: &'static str,
}

impl RuleTable {
    /// Every rule, in the order of the documentation.
    pub fn iter(&self) -> impl Iterator<Item = &'static Rule> + use<> {
        self.groups.iter().copied().flatten().copied()
    }
}

/// Defines a static for each rule, and `ALL` of them.
macro_rules! rules {
    ($($name:ident = $id:literal $severity:ident $what:literal $why:literal $fix:literal $also:literal;)*) => {
        $(pub(crate) static $name: $crate::findings::Rule = $crate::findings::Rule {
            id: $id,
            severity: $crate::findings::Severity::$severity,
            what: $what,
            why: $why,
            fix: $fix,
            also: $also,
        };)*
        pub(super) static ALL: &[&$crate::findings::Rule] = &[$(&$name),*];
    };
}
pub(crate) use rules;
