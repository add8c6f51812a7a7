//! Dynamic symbols: compared with `nm`, and lookups compared with what the loaders of glibc and musl do.

use std::collections::BTreeSet;
use std::path::Path;

use wheelworks::elf::{
    Binding, Definition, Detail, ElfFacts, Linkage, RequiredVersion, SymbolKind, SymbolName,
    Visibility,
};

use super::compile;
use crate::support::command::TestDir;

fn linkage(path: &Path) -> Linkage {
    let facts = ElfFacts::read(&fs_err::read(path).unwrap(), Detail::Linkage).unwrap();
    facts.linkage.unwrap().as_ref().clone()
}

/// Loads a library with all symbols bound, and prints what its function `use` returns.
const LOADER: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char **arguments) {
    void *library = dlopen(arguments[1], RTLD_NOW);
    if (!library) { fprintf(stderr, "%s\n", dlerror()); return 1; }
    int (*use)(void) = (int (*)(void))dlsym(library, "use");
    printf("%d\n", use());
    return 0;
}
"#;

/// A library `libf.so` with one or several definitions of `f`, each of which returns the number of its version.
struct Library {
    name: &'static str,
    source: &'static str,
    /// The version script.
    script: &'static str,
}

const ALL: &str = "V1 { global: *; }; V2 { } V1; V3 { } V2;\n";

const LIBRARIES: [Library; 14] = [
    Library { name: "no versions", source: "int f(void) { return 0; }", script: "" },
    Library {
        name: "in no version, beside others with one",
        source: "int f(void) { return 0; } int g(void) { return 1; }",
        script: "V1 { global: g; };\n",
    },
    Library { name: "the first version", source: "int f(void) { return 1; }", script: ALL },
    Library {
        name: "the first version, hidden",
        source: "int f1(void) { return 1; } __asm__(\".symver f1, f@V1\");",
        script: ALL,
    },
    Library {
        name: "two versions",
        source: "int f1(void) { return 1; } __asm__(\".symver f1, f@V1\"); \
                 int f2(void) { return 2; } __asm__(\".symver f2, f@@V2\");",
        script: ALL,
    },
    Library {
        name: "three versions",
        source: "int f1(void) { return 1; } __asm__(\".symver f1, f@V1\"); \
                 int f2(void) { return 2; } __asm__(\".symver f2, f@V2\"); \
                 int f3(void) { return 3; } __asm__(\".symver f3, f@@V3\");",
        script: ALL,
    },
    Library {
        name: "the second version",
        source: "int f2(void) { return 2; } __asm__(\".symver f2, f@@V2\");",
        script: ALL,
    },
    Library {
        name: "the second version, hidden",
        source: "int f2(void) { return 2; } __asm__(\".symver f2, f@V2\");",
        script: ALL,
    },
    Library {
        name: "later versions, all hidden",
        source: "int f2(void) { return 2; } __asm__(\".symver f2, f@V2\"); \
                 int f3(void) { return 3; } __asm__(\".symver f3, f@V3\");",
        script: ALL,
    },
    Library {
        name: "a version of another name",
        source: "int f(void) { return 9; }",
        script: "OTHER { global: *; };\n",
    },
    Library {
        name: "a weak one",
        source: "__attribute__((weak)) int f(void) { return 1; }",
        script: ALL,
    },
    Library {
        name: "a protected one",
        source: "__attribute__((visibility(\"protected\"))) int f(void) { return 1; }",
        script: ALL,
    },
    Library {
        name: "an indirect function",
        source: "static int f1(void) { return 1; } typedef int function(void); \
                 static function *choose(void) { return f1; } \
                 int f(void) __attribute__((ifunc(\"choose\")));",
        script: ALL,
    },
    Library {
        name: "not defined",
        source: "extern int f(void) __attribute__((weak)); int g(void) { return f ? f() : 0; }",
        script: ALL,
    },
];

/// References to `f`, with the version script of the library that the referring one is linked against.
const REFERENCES: [(&str, &str); 4] = [
    ("", ""),
    ("V1", "V1 { global: *; };\n"),
    ("V2", "V1 { }; V2 { global: *; } V1;\n"),
    ("V3", "V1 { }; V2 { } V1; V3 { global: *; } V2;\n"),
];

/// Returns the number of the version that a definition has.
fn number(definition: Definition<'_>) -> i32 {
    match definition.version {
        None => 0,
        Some("OTHER") => 9,
        Some(version) => version.strip_prefix('V').unwrap().parse().unwrap(),
    }
}

fn shared(dir: &TestDir, source: &str, name: &str, script: &str, options: &[&str]) -> Linkage {
    let mut all = vec!["-shared", "-fPIC", "-nostdlib"];
    let option = format!("-Wl,--version-script={}", dir.path().join("script").display());
    if !script.is_empty() {
        dir.write("script", script);
        all.push(&option);
    }
    all.extend(options);
    linkage(&compile(dir, source, name, &all))
}

/// Returns whether glibc's loader loads `user` beside `library`, and what `f` is.
fn by_glibc(user: &Linkage, library: &Linkage) -> Option<i32> {
    let refused = user.required_versions().iter().any(|it| !library.accepts_requirement(it));
    let reference = user.references().find(|it| it.name == b"f").unwrap();
    let found = library.lookup(SymbolName::new(b"f"), reference.version);
    found.filter(|_| !refused).map(number)
}

/// Every kind of definition with every kind of reference, in a real process.
#[test]
fn lookups_find_what_loaders_find() {
    let dir = TestDir::new();
    compile(&dir, LOADER, "load-glibc", &[]);
    dir.command("musl-gcc", &["-o", "load-musl", "source.c"]).expect(0);
    let soname = ["-Wl,-soname,libf.so"];
    let users: Vec<Linkage> = REFERENCES
        .iter()
        .map(|(version, script)| {
            shared(&dir, "int f(void) { return 0; }", "libf.so", script, &soname);
            let source = "int f(void); int use(void) { return f(); }";
            shared(&dir, source, &format!("user{version}.so"), "", &["-L.", "-lf"])
        })
        .collect();
    let mut loads = 0;
    for library in &LIBRARIES {
        let defines = shared(&dir, library.source, "libf.so", library.script, &soname);
        for ((version, _), user) in REFERENCES.iter().zip(&users) {
            let expected_of = |loader: &str| {
                let run = dir.command(format!("./{loader}"), &[format!("./user{version}.so")]);
                let (code, output) = run.env("LD_LIBRARY_PATH", dir.path()).expect_any();
                (code == 0).then(|| output.stdout.trim().parse::<i32>().unwrap())
            };
            let what = format!("{}, reference {version:?}", library.name);
            let glibc = expected_of("load-glibc");
            assert_eq!(by_glibc(user, &defines), glibc, "glibc: {what}");
            loads += usize::from(glibc.is_some());
            // musl does not know indirect functions, and a program that has one ends there.
            if library.name != "an indirect function" {
                let found = defines.lookup_by_musl(SymbolName::new(b"f")).map(number);
                assert_eq!(found, expected_of("load-musl"), "musl: {what}");
            }
        }
    }
    assert!((20..=45).contains(&loads), "{loads}");
}

/// One line of `nm`: whether it is a definition, the name, the version, and whether that is hidden.
type Line = (bool, String, Option<String>, bool);

fn lines_of_nm(dir: &TestDir, path: &Path) -> BTreeSet<Line> {
    let path = path.to_str().unwrap();
    let output = dir.command("nm", &["-D", "--with-symbol-versions", path]).expect(0).stdout;
    output
        .lines()
        .filter_map(|line| {
            let (kind, symbol) = line.get(17..)?.split_once(' ')?;
            let is_defined = !matches!(kind, "U" | "w" | "v");
            // Versions themselves are symbols of glibc's libraries.
            if kind == "A" {
                return None;
            }
            let is_local = kind.chars().all(char::is_lowercase) && !"uiwv".contains(kind);
            let (name, version) = symbol.split_once('@').unwrap_or((symbol, ""));
            let is_hidden = is_defined && !version.is_empty() && !version.starts_with('@');
            let version = version.trim_start_matches('@');
            let version = (!version.is_empty()).then(|| version.to_owned());
            (!is_local).then(|| (is_defined, name.to_owned(), version, is_hidden))
        })
        .collect()
}

fn lines_of(linkage: &Linkage) -> BTreeSet<Line> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let version = |version: &RequiredVersion| version.name.to_string();
    let references =
        linkage.references().map(|it| (false, text(it.name), it.version.map(version), false));
    let definitions = linkage
        .definitions()
        .filter(|it| it.version.map(str::as_bytes) != Some(it.name))
        .map(|it| (true, text(it.name), it.version.map(str::to_owned), it.is_hidden_version));
    references.chain(definitions).collect()
}

#[test]
fn symbols_are_those_of_nm() {
    let dir = TestDir::new();
    let names =
        ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libgomp.so.1", "libz.so.1"];
    let mut checked = 0;
    for name in names {
        let output = dir.command("gcc", &[&format!("-print-file-name={name}")]).expect(0).stdout;
        let path = Path::new(output.trim());
        if path.is_absolute() {
            let (found, expected) = (lines_of(&linkage(path)), lines_of_nm(&dir, path));
            let different: Vec<_> = found.symmetric_difference(&expected).collect();
            assert!(different.is_empty() && found.len() > 20, "{name}: {different:?}");
            checked += 1;
        }
    }
    assert!(checked >= 4, "only {checked} libraries were found");
}

#[test]
fn kinds_flags_and_thread_local_variables() {
    let dir = TestDir::new();
    let source = "__thread char block[100] __attribute__((aligned(64), tls_model(\"initial-exec\"))); \
                  int data = 1; \
                  int f(void) { return block[data]; } \
                  __attribute__((visibility(\"protected\"))) int own(void) { return 1; } \
                  const char *name = \"liblater.so.7\";";
    let options = ["-Wl,-Bsymbolic", "-Wl,-z,now", "-Wl,-z,nodelete", "-Wl,-z,nodlopen"];
    let found = shared(&dir, source, "a.so", "", &options);
    let flags = found.flags();
    assert!(flags.is_symbolic() && flags.binds_now() && flags.is_never_unloaded());
    assert!(flags.uses_static_tls() && flags.refuses_dlopen());
    assert!(!flags.is_pie() && !flags.skips_default_paths());
    let tls = found.tls().unwrap();
    assert_eq!((tls.len, tls.align), (100, 64));
    for (name, kind, visibility, size) in [
        ("block", SymbolKind::ThreadLocal, Visibility::Default, Some(100)),
        ("data", SymbolKind::Data, Visibility::Default, Some(4)),
        ("f", SymbolKind::Function, Visibility::Default, None),
        ("own", SymbolKind::Function, Visibility::Protected, None),
    ] {
        let symbol = found.lookup(SymbolName::new(name.as_bytes()), None).unwrap();
        assert_eq!((symbol.kind, symbol.visibility), (kind, visibility), "{name}");
        assert_eq!(symbol.binding, Binding::Global);
        assert!(size.is_none_or(|size| symbol.size == size), "{name}");
    }
    let plain = shared(&dir, source, "b.so", "", &["-Wl,-z,nodefaultlib"]);
    assert!(plain.flags().skips_default_paths());
    assert!(!plain.flags().is_symbolic() && !plain.flags().is_never_unloaded());

    let mut literals = wheelworks::elf::SonameLiterals::default();
    literals.feed(0, &fs_err::read(dir.path().join("a.so")).unwrap());
    assert_eq!(literals.into_names(&found), ["liblater.so.7"]);
    let program = compile(&dir, "int main(void) { return 0; }", "program", &["-pie", "-fPIE"]);
    assert!(linkage(&program).flags().is_pie());
}
