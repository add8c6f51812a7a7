//! Replaces texts in Python members, such as imports of a package that has another path in the wheel.
//!
//! Texts are literal and replaced in one pass: at each position the longest matching text is replaced, and
//! replacements are not searched. So the result does not depend on the order of the options.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::arguments::ContentArguments;
use super::error::ArgumentsError;
use super::patterns::Patterns;
use crate::context::Context;
use crate::error::{Error, FileError};
use crate::source::Input;
use crate::wheel_writer::{Member, MemberSource};

/// Members to edit by default.
const PYTHON: [&str; 2] = ["*.py", "*.pyi"];

/// The texts to replace and the members to edit.
pub(super) struct Substitutions {
    /// Texts and replacements, longest text first.
    texts: Vec<(String, String)>,
    globs: Vec<String>,
    patterns: Patterns,
}

impl Substitutions {
    pub(super) fn new(arguments: &ContentArguments) -> Result<Self, ArgumentsError> {
        let mut texts = BTreeMap::new();
        for text in &arguments.substitutions {
            let (from, to) = parse(text)?;
            match texts.insert(from.clone(), to.clone()) {
                Some(first) if first != to => {
                    return Err(ArgumentsError::SubstituteTwice { from, first, second: to });
                }
                _ => {}
            }
        }
        let mut texts: Vec<(String, String)> = texts.into_iter().collect();
        texts.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let globs = if arguments.substitute_in.is_empty() {
            PYTHON.map(str::to_owned).to_vec()
        } else {
            arguments.substitute_in.clone()
        };
        let patterns = Patterns::new("--substitute-in", &globs)?;
        Ok(Self { texts, globs, patterns })
    }

    /// Edits members in parallel. The files of those that change go to `other_inputs`.
    ///
    /// # Errors
    /// If a text is found in no member.
    pub(super) fn apply(
        &self,
        members: &mut [Member],
        other_inputs: &mut Vec<Input>,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let results = context.pool.install(|| {
            let edit = |member: &mut Member| {
                context.cancel.check()?;
                self.edit(member)
            };
            members.par_iter_mut().map(edit).collect::<Result<Vec<_>, Error>>()
        })?;
        let mut is_used = vec![false; self.texts.len()];
        for (input, used) in results.into_iter().flatten() {
            other_inputs.push(input);
            for at in used {
                is_used[at] = true;
            }
        }
        match is_used.iter().zip(&self.texts).find(|(is_used, _)| !**is_used) {
            None => Ok(()),
            Some((_, (from, _))) => Err(ArgumentsError::SubstituteNothing {
                from: from.clone(),
                patterns: self.globs.join(", "),
            }
            .into()),
        }
    }

    /// Edits one member. Returns its original file and the indices of the texts that were found; `None` if it did
    /// not change.
    fn edit(&self, member: &mut Member) -> Result<Option<(Input, Vec<usize>)>, Error> {
        let MemberSource::File(input) = &member.source else { return Ok(None) };
        if !self.patterns.matches(member.path.as_str()) {
            return Ok(None);
        }
        let content = input.open()?;
        // Copied, because a mapped file can change while it is searched.
        let original = content.copy().map_err(FileError::on("read", input.path()))?;
        if !content.is_intact() {
            return Err(input.faulted().into());
        }
        let (edited, used) = self.replace(&original);
        if used.is_empty() {
            return Ok(None);
        }
        let input = input.clone();
        member.source = MemberSource::Generated(edited);
        Ok(Some((input, used)))
    }

    fn replace(&self, original: &[u8]) -> (Vec<u8>, Vec<usize>) {
        let mut begins = [false; 256];
        for (from, _) in &self.texts {
            for byte in from.bytes().take(1) {
                begins[usize::from(byte)] = true;
            }
        }
        let mut edited = Vec::with_capacity(original.len());
        let mut used = Vec::new();
        let mut rest = original;
        while let Some(&byte) = rest.first() {
            let found = begins[usize::from(byte)]
                .then(|| self.texts.iter().position(|(from, _)| rest.starts_with(from.as_bytes())));
            let Some(at) = found.flatten() else {
                edited.push(byte);
                rest = &rest[1..];
                continue;
            };
            let (from, to) = &self.texts[at];
            edited.extend_from_slice(to.as_bytes());
            if !used.contains(&at) {
                used.push(at);
            }
            rest = &rest[from.len()..];
        }
        (edited, used)
    }
}

/// Splits `FROM=TO` and unescapes both parts.
fn parse(text: &str) -> Result<(String, String), ArgumentsError> {
    let bad = || ArgumentsError::SubstituteForm { text: text.to_owned() };
    let mut parts = [String::new(), String::new()];
    let mut at = 0;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let character = match character {
            '=' if at == 0 => {
                at = 1;
                continue;
            }
            '\\' => match characters.next().ok_or_else(bad)? {
                'n' => '\n',
                't' => '\t',
                escaped => escaped,
            },
            character => character,
        };
        parts[at].push(character);
    }
    let [from, to] = parts;
    if at == 0 || from.is_empty() { Err(bad()) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_counts_and_results_are_left_alone() {
        let texts = [("ab", "b"), ("a", "ab"), ("abc", "x"), ("b", "")];
        let mut texts: Vec<(String, String)> =
            texts.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        texts.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        let patterns = Patterns::new("--substitute-in", &[]).unwrap();
        let substitutions = Substitutions { texts, globs: Vec::new(), patterns };
        for (original, expected) in
            [("abc", "x"), ("abd", "bd"), ("aabc", "abx"), ("bcb", "c"), ("", ""), ("cä", "cä")]
        {
            let (edited, _) = substitutions.replace(original.as_bytes());
            assert_eq!(String::from_utf8(edited).unwrap(), expected, "{original}");
        }
    }

    #[test]
    fn escapes_are_undone() {
        let cases = [
            ("a=b", Some(("a", "b"))),
            ("a=", Some(("a", ""))),
            ("a\\=b=c=d", Some(("a=b", "c=d"))),
            ("a\\n\\\\=\\tb", Some(("a\n\\", "\tb"))),
            ("=b", None),
            ("a", None),
            ("a=b\\", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
            assert_eq!(parse(text).ok(), expected, "{text}");
        }
    }
}
