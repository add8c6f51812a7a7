//! The costs that a worker reports: in the response if the request is verbose, and in its log at the end.

use super::{WHEEL, ask, declared, worker};
use crate::support::command::TestDir;
use crate::support::messages::Request;
use crate::support::sample::text;

/// Writes three files and returns their names.
fn files(dir: &TestDir) -> [&'static str; 3] {
    dir.write("large.txt", text(9 << 20, 1))
        .write("middle.txt", text(300_000, 2))
        .write("small.txt", text(3_000, 3));
    ["large.txt", "middle.txt", "small.txt"]
}

/// Returns the number before these words.
fn number(report: &str, words: &str) -> u64 {
    let (before, _) =
        report.split_once(words).unwrap_or_else(|| panic!("no `{words}` in {report:?}"));
    let digits = before.trim_end().rsplit(|it: char| !it.is_ascii_digit()).next().unwrap();
    digits.parse().unwrap()
}

fn report(worker: &mut crate::support::client::Worker, arguments: &[String]) -> String {
    let request =
        Request { id: 1, arguments: arguments.to_vec(), verbosity: 1, ..Request::default() };
    let response = worker.ask(&request);
    assert_eq!(response.exit_code, 0, "{}", response.output);
    response.output
}

#[test]
fn a_second_pack_reports_that_everything_was_reused() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let mut worker = worker(&dir, &["--worker-log=info"]);
    worker.let_files_settle();
    let first = report(&mut worker, &arguments);
    let second = report(&mut worker, &arguments);
    for report in [&first, &second] {
        assert_eq!(report.lines().count(), 1, "{report}");
        assert!(report.starts_with("pack: "), "{report}");
        for phase in ["ms: plan ", ", write ", ", rename "] {
            assert!(report.contains(phase), "{report}");
        }
        // Three files and METADATA, WHEEL and RECORD.
        assert_eq!(number(report, " members"), 6);
        let out = fs_err::metadata(dir.path().join(WHEEL)).unwrap().len();
        assert_eq!(number(report, " bytes out"), out);
    }
    let content = (9 << 20) + 300_000 + 3_000;
    let bytes_in = number(&first, " bytes in");
    assert!((content..content + 3000).contains(&bytes_in), "{first}");
    assert_eq!(number(&second, " bytes in"), bytes_in);
    let parts = |report: &str| {
        let (bytes, chunks) = report.rsplit_once("; ").unwrap();
        [
            number(bytes, " of them reused"),
            number(bytes, " not even read"),
            number(chunks, " chunks"),
            number(chunks, " of them reused"),
        ]
    };
    let [reused, unread, chunks, chunks_reused] = parts(&first);
    assert_eq!((reused, unread, chunks_reused), (0, 0, 0), "{first}");
    assert!(chunks > 6, "{first}");
    assert_eq!(parts(&second), [content, content, chunks, chunks - 3], "{second}");
    // One file has changed. It is read, the others are not.
    dir.write("middle.txt", text(300_000, 5));
    let third = report(&mut worker, &arguments);
    assert_eq!(
        parts(&third),
        [content - 300_000, content - 300_000, chunks, chunks - 4],
        "{third}"
    );
    // Now its chunks are in the cache, but the file has not settled.
    let fourth = report(&mut worker, &arguments);
    assert_eq!(parts(&fourth), [content, content - 300_000, chunks, chunks - 3], "{fourth}");

    let quiet = worker.ask(&Request { id: 1, arguments, ..Request::default() });
    assert_eq!(quiet.output, "");
    let log = worker.finish().log();
    let last = log.lines().last().unwrap();
    assert_eq!(number(last, " requests, 0 of them with findings or errors"), 6, "{log}");
    assert_eq!(number(last, " bytes in"), 5 * bytes_in, "{log}");
    assert_eq!(number(last, " not even read"), 4 * content - 3 * 300_000, "{log}");
    assert!(number(last, " entries of ") > 4, "{log}");
}

#[test]
fn an_audit_reports_whether_the_wheel_was_cached() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let mut worker = worker(&dir, &["--worker-log=info"]);
    ask(&mut worker, &[], &arguments);
    let audit = ["audit", "--no-host", "--allow-pure-python-wheel", WHEEL].map(str::to_owned);
    let len = fs_err::metadata(dir.path().join(WHEEL)).unwrap().len();
    let mut known = 0;
    for round in 0..3 {
        let report = report(&mut worker, &audit);
        let line = report.lines().find(|line| line.starts_with("audit: ")).unwrap();
        assert_eq!(number(line, " archives audited"), 1, "{line}");
        // Its writer kept the facts. Without fine timestamps, the wheel is compared with what was written.
        let found = number(line, " of them known");
        assert!(found == 1 || found == 0 && round == 0, "{line}");
        assert_eq!(number(line, " bytes"), found * len, "{line}");
        known += found;
    }
    let missing = ["audit", "missing.whl"].map(str::to_owned).to_vec();
    let failed = worker.ask(&Request { id: 1, arguments: missing, ..Request::default() });
    assert_eq!(failed.exit_code, 2);
    let log = worker.finish().log();
    let last = log.lines().last().unwrap();
    assert_eq!(number(last, " requests, "), 5, "{log}");
    assert_eq!(number(last, " of them with findings or errors"), 1, "{log}");
    assert_eq!(number(last, " of them known"), known, "{log}");
}

#[test]
fn each_verb_reports_its_phases() {
    let dir = TestDir::new();
    let pack = declared(files(&dir));
    let mut worker = worker(&dir, &[]);
    ask(&mut worker, &[], &pack);
    let declares = ["--distribution=pkg", "--version=1.0", "--member=pkg/small.txt=small.txt"];
    fs_err::create_dir(dir.path().join("again")).unwrap();
    let again = "--wheel-dir=again";
    let cases: [(&str, Vec<&str>, &[&str]); 7] = [
        ("audit", vec!["--no-host", "--allow-pure-python-wheel", WHEEL], &["prepare", "audit"]),
        ("check", vec![WHEEL], &["open", "content"]),
        ("inspect", vec![WHEEL], &["open", "libraries", "duplicates"]),
        ("unpack", vec!["--out=tree", WHEEL], &["open", "plan", "write", "verify", "rename"]),
        ("repack", vec![again, WHEEL], &["plan", "write", "rename"]),
        ("sdist", [&["--out=pkg-1.0.tar.gz"], &declares[..]].concat(), &["plan", "write"]),
        ("editable", [&["--out=editable"], &declares[..]].concat(), &["plan", "write"]),
    ];
    for (verb, arguments, phases) in cases {
        let request: Vec<String> =
            [&[verb], &arguments[..]].concat().into_iter().map(str::to_owned).collect();
        let report = report(&mut worker, &request);
        let line = report.lines().find(|line| line.starts_with(verb)).unwrap();
        let (_, phases_reported) =
            line.split_once(" ms: ").unwrap_or_else(|| panic!("no phases: {line}"));
        let phases_reported = phases_reported.split("; ").next().unwrap_or_default();
        let names: Vec<&str> =
            phases_reported.split(", ").map(|phase| phase.split(' ').next().unwrap()).collect();
        for phase in phases {
            assert!(names.contains(phase), "{phase}: {line}");
        }
    }
}

#[test]
fn a_single_command_reports_only_to_its_log() {
    let dir = TestDir::new();
    let arguments = declared(files(&dir));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let plain = dir.wheelworks(&arguments).expect(0);
    let logged = dir.wheelworks(&arguments).env("WHEELWORKS_LOG", "info").expect(0);
    assert_eq!((logged.stdout, plain.stderr), (plain.stdout, String::new()));
    assert!(
        logged.stderr.contains("pack: ") && logged.stderr.contains(" bytes in, 0 of them reused")
    );
}
