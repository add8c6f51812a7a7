//! Wheels on servers: what is transferred, and what is said of servers that break rules.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::row::{Built, Row, problems, python_version};
use super::rows::{A, BY_RUNPATH, LIBB, MODULE, REQUIRES_B, file};
use crate::judges::script;
use crate::support::command::TestDir;
use crate::support::wheel::Wheel;

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/localhost.pem");

/// Bytes of the data of a library: more than is read at once of a member with a chunk table.
const DATA: usize = 9 << 20;

const ROW: Row = Row {
    name: "a module and a library of another wheel",
    files: &[A, LIBB, file("a-1.0", "a/m.so", MODULE, BY_RUNPATH)],
    requires: REQUIRES_B,
    ..Row::EMPTY
};

/// Writes bytes that DEFLATE shortens by a quarter.
fn random(path: &Path, len: usize) {
    let mut state = 1_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'!' + u8::try_from(state >> 26).unwrap()
    })
    .take(len)
    .collect();
    fs_err::write(path, bytes).unwrap();
}

/// Wheel `a` in `wheels`; `b` with a large library in `served`, without a chunk table and, under another name of the
/// directory, with one.
struct Wheels {
    built: Built,
    /// The file name of `b`.
    name: String,
}

/// The outcome of a run with a server.
struct Run {
    code: i64,
    stderr: String,
    stdout: String,
    requests: usize,
    sent: u64,
}

impl Wheels {
    fn new() -> Self {
        let built = Built::new(&ROW);
        let root = fs_err::canonicalize(built.dir.path()).unwrap();
        let name = built.wheels[1].strip_prefix("wheels/").unwrap().to_owned();
        random(&root.join("data"), DATA);
        let source = format!(
            "int b(void) {{ return 1; }}\n__asm__(\".section .rodata\\n.incbin \\\"{}\\\"\\n.text\");\n",
            root.join("data").display()
        );
        fs_err::write(root.join("big.c"), source).unwrap();
        let mut gcc = Command::new("gcc");
        gcc.args(["-shared", "-fPIC", "-Wl,-soname,libb.so.1", "-o"]);
        assert!(gcc.arg(root.join("big.so")).arg(root.join("big.c")).status().unwrap().success());
        let mut wheel = Wheel::bare(&name);
        let dist_info = wheel.dist_info();
        let tag = format!("py3-none-linux_{}", std::env::consts::ARCH);
        wheel.member("b/lib/libb.so.1", fs_err::read(root.join("big.so")).unwrap());
        wheel.member("b/data.json", fs_err::read(root.join("data")).unwrap()[..1 << 20].to_vec());
        wheel.member("b/lib/text.txt", "a text");
        wheel.member(
            &format!("{dist_info}/METADATA"),
            "Metadata-Version: 2.1\nName: b\nVersion: 1.0\n",
        );
        let text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n");
        wheel.member(&format!("{dist_info}/WHEEL"), text);
        fs_err::create_dir_all(root.join("source")).unwrap();
        wheel.write(&root.join("source"));
        let from = format!("source/{name}");
        for (directory, option) in [("plain", "--no-chunk-table"), ("chunked", "--quiet")] {
            let into = format!("--wheel-dir={directory}");
            built.dir.wheelworks(&["repack", &into, option, &from]).patience(9).expect(0);
        }
        Self { built, name }
    }

    fn arguments(&self, with: &str) -> Vec<String> {
        let python = format!("--python-version={}", python_version(&self.built.dir));
        let given = self.built.wheels[0].clone();
        ["closure", &python, &given, "--with", with, "--http-timeout=1"].map(str::to_owned).to_vec()
    }

    /// Judges with `b` from a server that serves `directory`.
    fn run(&self, directory: &str, with: &str, more: &[&str]) -> Run {
        let with = with.replace("NAME", &self.name);
        let mut all = vec![directory.to_owned(), CERTIFICATE.to_owned()];
        all.push(env!("CARGO_BIN_EXE_wheelworks").to_owned());
        all.extend(self.arguments(&with));
        all.extend(more.iter().map(|&it| it.to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let command = script(&self.built.dir, "http_server.py", &all);
        let output = command.env("SSL_CERT_FILE", CERTIFICATE).env("NO_PROXY", "*").expect(0);
        let result: Value = serde_json::from_str(&output.stdout).unwrap();
        Run {
            code: result["code"].as_i64().unwrap(),
            stdout: result["stdout"].as_str().unwrap().to_owned(),
            stderr: result["stderr"].as_str().unwrap().to_owned(),
            requests: result["requests"].as_array().unwrap().len(),
            sent: result["sent"].as_u64().unwrap(),
        }
    }

    /// Judges, and compares with the same wheel as a file. Returns what was transferred.
    fn same(&self, directory: &str, with: &str) -> (Value, Run) {
        let run = self.run(directory, with, &["--json"]);
        assert_eq!(run.code, 0, "{with}: {}", run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let arguments = self.arguments(&format!("{directory}/{}", self.name));
        let mut all: Vec<&str> = arguments.iter().map(String::as_str).collect();
        all.push("--json");
        let local = self.built.dir.wheelworks(&all).patience(9).expect(0).stdout;
        let local: Value = serde_json::from_str(&local).unwrap();
        assert_eq!(problems(&report), problems(&local), "{with}");
        assert_eq!(report["unresolved"], local["unresolved"], "{with}");
        let remote = report["remote"][0].clone();
        assert_eq!(remote["received"], run.sent, "{with}");
        assert_eq!(remote["requests"], run.requests, "{with}");
        (remote, run)
    }

    fn len(&self, directory: &str) -> u64 {
        fs_err::metadata(self.built.dir.path().join(directory).join(&self.name)).unwrap().len()
    }
}

#[test]
fn the_needed_chunks_are_transferred_and_members_without_a_table_as_a_whole() {
    let wheels = Wheels::new();
    let len = wheels.len("chunked");
    let (remote, run) = wheels.same("chunked", "HTTP/ranges/NAME");
    assert_eq!((&remote["bytes"], &remote["ranges"]), (&len.into(), &true.into()));
    assert_eq!(remote["without_chunk_table"]["files"], 0);
    assert!(run.sent < len / 4, "{} of {len} bytes", run.sent);

    let len = wheels.len("plain");
    let (remote, run) = wheels.same("plain", "HTTP/ranges/NAME");
    assert_eq!(remote["without_chunk_table"]["files"], 1);
    let whole = remote["without_chunk_table"]["bytes"].as_u64().unwrap();
    // All but most of the data file.
    assert!(run.sent > whole && run.sent < len - (256 << 10), "{} of {len} bytes", run.sent);
    let text = wheels.run("plain", "HTTP/ranges/NAME", &[]).stdout;
    let expected = format!("{} of {len} bytes in {} requests", run.sent, run.requests);
    assert!(text.contains(&expected), "{text}");
    assert!(text.contains(&format!("1 file of {whole} bytes has no chunk table")), "{text}");
}

#[test]
fn servers_may_redirect_ask_for_credentials_and_know_no_ranges() {
    let wheels = Wheels::new();
    let content = fs_err::read(wheels.built.dir.path().join("chunked").join(&wheels.name)).unwrap();
    let digest = Sha256::digest(&content)
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    for (with, has_ranges, is_verified) in [
        ("HTTPS/ranges/NAME", true, Value::Null),
        ("HTTP/no-suffix/NAME", true, Value::Null),
        ("http://user:pass%20word@HTTPHOST/auth/NAME", true, Value::Null),
        ("HTTP/unsupported/NAME", false, Value::Null),
        ("HTTP/no-length/NAME", false, Value::Null),
        ("HTTP/unsatisfiable/NAME", false, Value::Null),
        (&format!("HTTP/ranges/NAME?token=1#sha256={digest}"), true, false.into()),
        (&format!("HTTP/unsupported/NAME#egg=b&sha256={digest}"), false, true.into()),
    ] {
        if with.contains("no-suffix") || with.contains("unsatisfiable") {
            let run = wheels.run("chunked", with, &["--json"]);
            assert_eq!(run.code, 0, "{with}: {}", run.stderr);
            continue;
        }
        let (remote, run) = wheels.same("chunked", with);
        assert_eq!(remote["ranges"], has_ranges, "{with}");
        assert_eq!(remote["sha256_verified"], is_verified, "{with}");
        for secret in ["pass", "token"] {
            assert!(!(run.stdout.clone() + &run.stderr).contains(secret), "{}", run.stdout);
        }
        if !has_ranges {
            assert_eq!((run.requests, run.sent), (1, wheels.len("chunked")), "{with}");
        }
    }
    let run = wheels.run("chunked", "HTTP/redirect/redirect/ranges/NAME", &["--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn servers_that_break_rules_are_named() {
    let wheels = Wheels::new();
    let wrong = "0".repeat(64);
    for (with, expected) in [
        ("HTTP/missing/NAME", "expected status 200 or 206, found 404"),
        ("HTTP/auth/NAME", "found 401"),
        // Credentials stay with their server.
        ("http://user:pass%20word@HTTPHOST/elsewhere/NAME", "found 401"),
        ("HTTP/loop/NAME", "expected at most 10 redirects, found more"),
        ("HTTPS/downgrade/NAME", "expected a redirect to another `https` address"),
        ("HTTP/silent/NAME", "expected a response in time"),
        ("HTTP/garbage/NAME", "no response: "),
        ("HTTP/encoded/NAME", "found `Content-Encoding: br`"),
        ("HTTP/changed-tag/NAME", "ETag was \"1\", and is \"2\""),
        ("HTTP/changed-whole/NAME", "the server sends status 200"),
        ("HTTP/grown/NAME", "bytes, and has"),
        ("HTTP/shifted/NAME", "of the file, found `Content-Range: bytes "),
        (
            "HTTP/no-content-range/NAME",
            "the last 131072 bytes of the file, found no header `Content-Range`",
        ),
        ("HTTP/cut/NAME", "expected 16384 bytes of content, found 15384"),
        ("HTTP/cut-whole/NAME", "bytes of content, found"),
        ("HTTP/endless/NAME", "expected 131072 bytes of content, found more"),
        (&format!("HTTP/unsupported/NAME#sha256={wrong}"), "expected SHA-256 000"),
        ("http://127.0.0.1:1/NAME", "no response: "),
        ("http://127.0.0.1:1/b.zip", "b.zip"),
        ("https://user:secret@/NAME", "expected `https://HOST/PATH`"),
    ] {
        let run = wheels.run("chunked", with, &[]);
        assert_eq!(run.code, 2, "{with}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{with}: {}", run.stderr);
        for secret in ["pass", "secret"] {
            assert!(!run.stderr.contains(secret), "{}", run.stderr);
        }
    }
}

/// The certificate is trusted only if `SSL_CERT_FILE` names it.
#[test]
fn a_server_with_an_unknown_certificate_is_refused() {
    let wheels = Wheels::new();
    let dir: &TestDir = &wheels.built.dir;
    let other = format!("{}/tests/fixtures/rpm", env!("CARGO_MANIFEST_DIR"));
    let arguments = wheels.arguments(&format!("HTTPS/ranges/{}", wheels.name));
    let mut all = vec!["chunked", CERTIFICATE, env!("CARGO_BIN_EXE_wheelworks")];
    all.extend(arguments.iter().map(String::as_str));
    let output = script(dir, "http_server.py", &all);
    let output =
        output.env("SSL_CERT_FILE", other).env("SSL_CERT_DIR", "").env("NO_PROXY", "*").expect(0);
    let result: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(result["code"], 2);
    let said = result["stderr"].as_str().unwrap();
    assert!(said.contains("ertificate"), "{said}");
}
