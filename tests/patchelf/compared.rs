//! The same options for `patchelf` and for ours: other programs see the same result.

use super::{ZEROS, build, complaints, library};
use crate::judges::judge;
use crate::support::command::TestDir;

/// Options.
const CALLS: &[&[&str]] = &[
    &["--set-soname", "libother.so.7"],
    &["--set-soname", "lib.so"],
    &["--set-rpath", "/x:$ORIGIN/y"],
    &["--set-rpath", ""],
    &["--force-rpath", "--set-rpath", "/x"],
    &["--force-rpath"],
    &["--add-rpath", "/x"],
    &["--add-rpath", "/x", "--force-rpath"],
    &["--add-rpath", "@text"],
    &["--remove-rpath"],
    &["--shrink-rpath"],
    &["--shrink-rpath", "--force-rpath"],
    &["--shrink-rpath", "--allowed-rpath-prefixes", "/nowhere:/no"],
    &["--shrink-rpath", "--allowed-rpath-prefixes", "/nowhere:/"],
    &["--add-needed", "libz.so.1", "--add-needed", "liba.so.1"],
    &["--add-needed", "libdep.so.1"],
    &["--remove-needed", "libdep.so.1"],
    &["--remove-needed", "libnone.so", "--replace-needed", "libnone.so", "libother.so"],
    &["--replace-needed", "libdep.so.1", "libother.so.1"],
    &["--replace-needed", "libdep.so.1", "a", "--replace-needed", "libc.so.6", "b"],
    &["--no-default-lib"],
    &["--add-debug-tag"],
    &["--clear-execstack"],
    &["--set-execstack"],
    &["--set-os-abi", "Linux"],
    &["--set-os-abi", "sysv"],
    &["--set-os-abi", "OpenVMS"],
    &["--set-os-abi", "CP/M"],
    &["--clear-symbol-version", "dep"],
    &["--clear-symbol-version", "none"],
    &["--set-interpreter", "/lib64/ld"],
    &["--set-interpreter", "/a/longer/path/than/before/of/a/program/interpreter.so.2"],
    &["--no-sort", "--page-size", "65536", "--set-rpath", "/x"],
    &["--print-interpreter"],
    &["--print-os-abi"],
    &["--print-soname"],
    &["--print-rpath"],
    &["--print-needed"],
    &["--print-execstack"],
    &["--print-needed", "--print-execstack", "--print-rpath", "--print-soname", "--print-os-abi"],
];

/// Calls whose results differ, and the file, if it is one.
const DIFFERENT: [(&str, Option<&str>); 6] = [
    // Alone, it converts the search path; `patchelf` does nothing.
    ("--force-rpath", None),
    // `patchelf` adds a library that is needed already.
    ("--add-needed libdep.so.1", None),
    // `patchelf` leaves the versions that are needed of a removed library.
    ("--remove-needed libdep.so.1", None),
    // A file without symbol versions has none to remove; `patchelf` calls that an error.
    ("--clear-symbol-version dep", Some("bare.so")),
    ("--clear-symbol-version none", Some("bare.so")),
    // `patchelf` prints a part of it before it fails.
    (
        "--print-needed --print-execstack --print-rpath --print-soname --print-os-abi",
        Some("static"),
    ),
];

fn differs(call: &str, file: &str) -> bool {
    DIFFERENT.iter().any(|(known, of)| call == *known && of.is_none_or(|of| of == file))
}

/// Builds libraries and programs. Returns their names.
fn files(dir: &TestDir) -> Vec<&'static str> {
    let old = dir.path().join("old");
    let path = format!("/nowhere:{0}:$ORIGIN/x:{0}:/no", old.display());
    let rpath = format!("-Wl,--disable-new-dtags,-rpath,{path}");
    let runpath = format!("-Wl,--enable-new-dtags,-rpath,{path}");
    for (name, flags) in [
        ("runpath.so", &[&*runpath][..]),
        ("rpath.so", &[&*rpath]),
        ("stack.so", &["-z", "execstack"]),
    ] {
        library(dir, flags, ZEROS[0]);
        fs_err::rename(dir.path().join("lib.so"), dir.path().join(name)).unwrap();
    }
    dir.command("gcc", &["-shared", "-fPIC", "dep.c", "-o", "bare.so"]).expect(0);
    for (name, kind) in [("pie", "-pie"), ("exec", "-no-pie")] {
        let sources = ["-fPIE", ZEROS[0], "main.c", "lib.c", "old/libdep.so.1"];
        let arguments = [&[kind, "-o", name], &sources[..], &[&*runpath]].concat();
        dir.command("gcc", &arguments).expect(0);
    }
    dir.command("gcc", &["-static", ZEROS[0], "main.c", "lib.c", "dep.c", "-o", "static"])
        .expect(0);
    dir.write("text", "/of/a/file");
    vec!["runpath.so", "rpath.so", "stack.so", "bare.so", "pie", "exec", "static", "text"]
}

/// Returns what other programs see.
fn seen(dir: &TestDir, name: &str) -> Vec<String> {
    let lines = |options: &[&str], is_seen: fn(&str) -> bool| {
        let output = dir.command("readelf", &[options, &[name]].concat()).expect_any().1.stdout;
        output.lines().filter(|line| is_seen(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut entries = lines(&["-dW"], |line| {
        ["NEEDED", "SONAME", "RPATH", "RUNPATH", "FLAGS_1", "(DEBUG)"]
            .iter()
            .any(|it| line.contains(it))
    });
    // Order counts among needed libraries.
    entries.sort_by_key(|line| !line.contains("NEEDED"));
    let (needed, mut rest): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|line| line.contains("NEEDED"));
    rest.sort_unstable();
    let stack = lines(&["-lW"], |line| line.contains("GNU_STACK"));
    let stack = stack.iter().filter_map(|line| line.split_whitespace().nth(6).map(str::to_owned));
    let interpreter = lines(&["-lW"], |line| line.contains("Requesting program interpreter"));
    let abi = lines(&["-hW"], |line| line.contains("OS/ABI"));
    let symbols = lines(&["-W", "--dyn-syms"], |line| line.contains("UND"));
    let symbols = symbols.iter().filter_map(|line| Some(line.split_once("UND")?.1.to_owned()));
    let mut symbols: Vec<String> =
        symbols.map(|it| it.split(" (").next().unwrap().to_owned()).collect();
    symbols.sort_unstable();
    [needed, rest, stack.collect(), interpreter, abi, symbols].concat()
}

#[test]
fn results_are_those_of_patchelf() {
    let dir = build();
    let files = files(&dir);
    let mut wrong = Vec::new();
    for (arguments, file) in CALLS.iter().flat_map(|it| files.iter().map(move |file| (*it, *file)))
    {
        let at = |name: &str| dir.path().join(name);
        for name in ["theirs", "ours"] {
            fs_err::copy(at(file), at(name)).unwrap();
        }
        let theirs = dir.command(judge("patchelf"), arguments).arg("theirs").expect_any();
        let own = [&["patchelf"], arguments, &["ours"]].concat();
        let ours = dir.wheelworks(&own).expect_any();
        let case = format!("{arguments:?} {file}");
        if differs(&arguments.join(" "), file) {
            continue;
        }
        if (theirs.0 == 0) != (ours.0 == 0) || theirs.1.stdout != ours.1.stdout {
            wrong.push(format!("{case}: {theirs:?}\n{ours:?}"));
            continue;
        }
        if file == "text" || theirs.0 != 0 {
            continue;
        }
        let (expected, found) = (seen(&dir, "theirs"), seen(&dir, "ours"));
        if expected != found {
            wrong.push(format!("{case}:\n- {}\n+ {}", expected.join("\n- "), found.join("\n+ ")));
        }
        if complaints(&dir, "ours") != complaints(&dir, file) {
            wrong.push(format!("{case}: {}", complaints(&dir, "ours")));
        }
        let once = fs_err::read(at("ours")).unwrap();
        dir.wheelworks(&own).expect(0);
        if !arguments[0].starts_with("--add-rpath") && fs_err::read(at("ours")).unwrap() != once {
            wrong.push(format!("{case}: the same call changed the file again"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
