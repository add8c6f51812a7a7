//! Requirements from a text with one requirement a line, as in pip's requirements files.

use super::{Requirement, RequirementError};

/// Parses the requirements of a text. Each comes with the number of its first line, counted from 1.
///
/// `#` at the start of a line or after a blank starts a comment, `\` at the end of a line continues it.
/// Options of a requirement, such as `--hash`, are dropped: they say how to get it, not what it is. Other
/// options of pip have no meaning in metadata and are errors.
#[must_use]
pub fn requirement_lines(text: &str) -> Vec<(usize, Result<Requirement, RequirementError>)> {
    let mut requirements = Vec::new();
    let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
    while let Some((number, line)) = lines.next() {
        let mut joined = without_comment(line).to_owned();
        while joined.ends_with('\\') {
            joined.pop();
            let Some((_, next)) = lines.next() else { break };
            joined.push_str(without_comment(next));
        }
        let requirement = joined.trim();
        if requirement.is_empty() {
            continue;
        }
        requirements.push((number, parse(requirement)));
    }
    requirements
}

fn parse(text: &str) -> Result<Requirement, RequirementError> {
    if text.starts_with('-') {
        return Err(RequirementError {
            requirement: text.to_owned(),
            problem: "expected a distribution's name in front, found an option of pip".to_owned(),
        });
    }
    text.split(" --").next().unwrap_or_default().parse()
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    let comment = line.match_indices('#').find(|(at, _)| line[..*at].ends_with([' ', '\t']));
    comment.map_or(line, |(at, _)| &line[..at]).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Diagnose as _;

    #[test]
    fn lines_become_requirements() {
        let text = "\u{feff}# comment\n\nnumpy>=2  # why\r\n  jax[cuda12]==0.8 ; python_version >= '3.12'\n\
                    a @ https://e.org/a#sha256=1\nb==1 \\\n  --hash=sha256:00 \\\n  --hash=sha256:01\n";
        let found: Vec<(usize, String)> = requirement_lines(text)
            .into_iter()
            .map(|(number, requirement)| (number, requirement.unwrap().to_string()))
            .collect();
        let expected = [
            (3, "numpy>=2"),
            (4, "jax[cuda12]==0.8 ; python_version >= '3.12'"),
            (5, "a @ https://e.org/a#sha256=1"),
            (6, "b==1"),
        ];
        assert_eq!(found, expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn options_of_pip_are_refused() {
        let mut found = requirement_lines("numpy\n-r other.txt\n");
        let (number, error) = found.pop().unwrap();
        insta::assert_snapshot!(format!("{number}: {}", error.unwrap_err().message_with_hint()), @r#"
        2: `-r other.txt` is not a requirement: expected a distribution's name in front, found an option of pip
        hint: write it as PEP 508 has it, such as `numpy>=2.0`, or `jax[cuda12]==0.8; python_version >= "3.12"`
        "#);
    }
}
