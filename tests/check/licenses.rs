//! Licence expressions: `check` accepts and refuses the same ones as twine's library.

use wheelworks::wheel::LicenseExpression;

use crate::judges::script;
use crate::support::command::TestDir;

const EXPRESSIONS: [&str; 49] = [
    "MIT",
    "mit",
    "Apache-2.0 AND (MIT OR BSD-3-Clause)",
    "apache-2.0 And (mIT oR bsd-3-clause)",
    "(Apache-2.0 or BSD-3-Clause)AND(MIT)",
    "((MIT))",
    "GPL-3.0",
    "gpl-3.0",
    "GPL-2.0+",
    "GPL-3.0-only+",
    "GPL-3.0-or-later+",
    "Apache-2.0+",
    "GFDL-1.1-invariants-only",
    "GPL-2.0-with-classpath-exception",
    "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gpl-3.0-or-later with gcc-exception-3.1 or mit",
    "MIT WITH Nokia-Qt-exception-1.1",
    "LicenseRef-Own",
    "licenseref-own.2-B",
    "LicenseRef-Own WITH GCC-exception-3.1",
    "  MIT  ",
    "MIT\n        OR Apache-2.0",
    "",
    " ",
    "()",
    "(MIT",
    "MIT)",
    "(MIT)(MIT)",
    "MIT (MIT)",
    "MIT MIT",
    "MIT AND",
    "OR MIT",
    "MIT AND OR MIT",
    "MIT/Apache-2.0",
    "MIT, Apache-2.0",
    "MIT +",
    "MIT++",
    "MIT WITH MIT",
    "(MIT) WITH GCC-exception-3.1",
    "MIT WITH (GCC-exception-3.1)",
    "GPL-2.0-only WITH GCC-exception-3.1 WITH GCC-exception-3.1",
    "MIT WITH AdditionRef-Own",
    "LicenseRef-",
    "LicenseRef-a_b",
    "LicenseRef-a+",
    "DocumentRef-x:LicenseRef-y",
    "NOASSERTION",
    "GFDL-1.1-invariants",
    "Apache Software License",
];

#[test]
fn accepts_the_same_expressions_as_twine() {
    let dir = TestDir::new();
    let output = script(&dir, "judge_licenses.py", &EXPRESSIONS).expect(0);
    let verdicts: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(verdicts.len(), EXPRESSIONS.len());
    let accepted = verdicts.iter().filter(|verdict| **verdict == "accepts").count();
    assert_eq!(accepted, 22);
    let wrong: Vec<&str> = EXPRESSIONS
        .into_iter()
        .zip(verdicts)
        .filter(|(text, verdict)| {
            text.parse::<LicenseExpression>().is_ok() != (*verdict == "accepts")
        })
        .map(|(text, _)| text)
        .collect();
    assert_eq!(wrong, [""; 0]);
}
