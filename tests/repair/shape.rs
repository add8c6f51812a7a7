//! Wheels of C code, built by gcc for the tests of `repair`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::judges::{judge, script};
use crate::support::command::{Output, TestCommand, TestDir};
use crate::support::wheel::Wheel;

/// An extension module without Python's headers. It works in every Python 3 with the stable ABI: its constant
/// `answer` is what `FUNCTION` returns for 3.
const MODULE: &str = r#"#include <stddef.h>
#include <stdlib.h>
typedef struct {
    ptrdiff_t references; void *type, *init; ptrdiff_t index; void *copy;
    const char *name, *doc; ptrdiff_t size;
    void *methods, *slots, *traverse, *clear, *free;
} Definition;
extern void *PyModule_Create2(Definition *, int);
extern int PyModule_AddIntConstant(void *, const char *, long);
#ifndef FUNCTION
#define FUNCTION dep
#endif
extern int FUNCTION(int);
static Definition definition = {1, 0, 0, 0, 0, "mod", 0, -1, 0, 0, 0, 0, 0};
void *PyInit_mod(void) {
    void *module = PyModule_Create2(&definition, 3);
    int is_bad = !module || PyModule_AddIntConstant(module, "answer", FUNCTION(3));
#ifndef WITHOUT_LIBC
    if (is_bad) abort();
#endif
    return is_bad ? NULL : module;
}
"#;

const DEPENDENCY: &str = "int dep(int x) { return x * 7; }\n";
const MIDDLE: &str = "extern int dep(int);\nint mid(int x) { return dep(x) + 1; }\n";
const PROGRAM: &str = "#include <stdio.h>\nextern int dep(int);\n\
                       int main(int count, char **names) { (void)names; printf(\"%d\\n\", dep(count)); return 0; }\n";

/// What is built first, in every shape: `ext/libdep.so.1`, a link to a library outside of the wheel, and
/// `mod.abi3.so`, an extension module that needs it.
const FIRST: &str = "
    mkdir -p ext
    gcc -shared -fPIC dep.c -Wl,-soname,libdep.so.1 -o ext/libdep.so.1.2
    ln -s libdep.so.1.2 ext/libdep.so.1
    gcc -shared -fPIC mod.c ext/libdep.so.1 -o mod.abi3.so
";

/// The usual name of a wheel.
pub(super) const NAME: &str = "pkg-1.0-cp38-abi3-linux_x86_64.whl";

/// A wheel to repair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// What is tested.
    pub(super) about: &'static str,
    /// The wheel's name.
    pub(super) name: &'static str,
    /// A shell script that builds the files, after the usual ones.
    pub(super) build: &'static str,
    /// Members by path, with the files that they are made of.
    pub(super) members: &'static [(&'static str, &'static str)],
    /// The arguments of `repair`; `{DIR}` stands for the directory.
    pub(super) arguments: &'static [&'static str],
    /// `LD_LIBRARY_PATH`, relative to the directory.
    pub(super) path: &'static str,
    /// Other variables of the environment; `{DIR}` stands for the directory.
    pub(super) variables: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// An extension module that needs one library outside of the wheel.
    pub(super) const USUAL: Self = Self {
        about: "one library",
        name: NAME,
        build: "",
        members: &[("pkg/__init__.py", "empty"), ("pkg/mod.abi3.so", "mod.abi3.so")],
        arguments: &[],
        path: "ext",
        variables: &[],
    };

    /// Builds the files, and returns the wheel without writing it.
    pub(super) fn unwritten(&self) -> (TestDir, Wheel) {
        self.unwritten_with(&[])
    }

    /// Like [`Self::unwritten`], with other files for the script.
    pub(super) fn unwritten_with(&self, files: &[(&str, &[u8])]) -> (TestDir, Wheel) {
        let dir = TestDir::new();
        for (name, content) in files {
            dir.write(name, content);
        }
        dir.write("mod.c", MODULE).write("dep.c", DEPENDENCY).write("mid.c", MIDDLE);
        dir.write("main.c", PROGRAM).write("empty", "");
        let script = format!("set -e\n{FIRST}\n{}", self.build);
        dir.command("sh", &["-c", &script]).expect(0);
        let mut wheel = Wheel::new(self.name);
        wheel.replace(&format!("{}/WHEEL", wheel.dist_info()), self.wheel_file());
        for (path, file) in self.members {
            let bytes = fs_err::read(dir.path().join(file)).unwrap();
            wheel.member(path, bytes);
        }
        (dir, wheel)
    }

    /// Returns WHEEL, with a line for each tag.
    fn wheel_file(&self) -> String {
        let is_pure = self.name.ends_with("-any.whl");
        let mut text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: {is_pure}\n");
        let stem = self.name.strip_suffix(".whl").unwrap();
        let [platforms, abis, pythons] = {
            let mut parts = stem.rsplit('-');
            [(); 3].map(|()| parts.next().unwrap().split('.'))
        };
        for (python, abi) in pythons.flat_map(|it| abis.clone().map(move |abi| (it, abi))) {
            for platform in platforms.clone() {
                let _ = writeln!(text, "Tag: {python}-{abi}-{platform}");
            }
        }
        text
    }

    /// Builds and writes the wheel.
    pub(super) fn build(&self) -> TestDir {
        let (dir, wheel) = self.unwritten();
        wheel.write(dir.path());
        dir
    }

    /// Repairs the wheel into the directory `ours`. Fails unless that ends with this exit code.
    pub(super) fn repair(&self, dir: &TestDir, code: i32) -> Output {
        self.command(dir, dir.wheelworks(&["repair", "-w", "ours"])).expect(code)
    }

    /// Adds the arguments and the environment to a command.
    pub(super) fn command<'a>(
        &self,
        dir: &TestDir,
        mut command: TestCommand<'a>,
    ) -> TestCommand<'a> {
        let expanded = |text: &str| text.replace("{DIR}", dir.path().to_str().unwrap());
        for argument in self.arguments.iter().chain([&self.name]) {
            command = command.arg(expanded(argument));
        }
        for (name, value) in self.variables {
            command = command.env(name, expanded(value));
        }
        let paths = self.path.split(':').filter(|path| !path.is_empty());
        let paths: Vec<String> =
            paths.map(|path| dir.path().join(path).to_str().unwrap().to_owned()).collect();
        command.env("LD_LIBRARY_PATH", paths.join(":"))
    }

    /// Repairs the wheel with auditwheel into the directory `theirs`.
    pub(super) fn audited(&self, dir: &TestDir) -> (i32, Output) {
        let command = dir.command(judge("auditwheel"), &["repair", "-w", "theirs"]);
        let path = std::env::var("PATH").unwrap();
        let bin = judge("patchelf");
        let path = format!("{}:{path}", bin.parent().unwrap().display());
        self.command(dir, command).env("PATH", path).patience(5).expect_any()
    }
}

/// Returns the one wheel in a directory; `None` if it is missing or empty.
pub(super) fn wheel_in(dir: &TestDir, directory: &str) -> Option<PathBuf> {
    let entries = fs_err::read_dir(dir.path().join(directory)).ok()?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(paths.len() <= 1, "{paths:?}");
    paths.pop()
}

/// Returns what matters of the repaired wheel in a directory.
pub(super) fn facts(dir: &TestDir, directory: &str) -> serde_json::Value {
    let wheel = wheel_in(dir, directory).unwrap();
    let text = script(dir, "repaired.py", &[wheel.to_str().unwrap()]).expect(0).stdout;
    serde_json::from_str(&text).unwrap()
}

/// Installs the wheel in `ours` into an empty virtual environment, moves the libraries that it was built with out of
/// reach, and returns the path of the environment.
pub(super) fn install(dir: &TestDir) -> PathBuf {
    install_from(dir, "ours")
}

/// Like [`install`], for the wheel in a directory.
pub(super) fn install_from(dir: &TestDir, directory: &str) -> PathBuf {
    let wheel = wheel_in(dir, directory).unwrap();
    let venv = dir.path().join("venv");
    dir.command(judge("python"), &["-m", "venv", "--without-pip", "venv"]).expect(0);
    let python = venv.join("bin/python");
    let options = ["pip", "install", "--offline", "--no-cache", "--no-deps", "--no-config"];
    let mut arguments = options.to_vec();
    arguments.extend(["--python", python.to_str().unwrap(), wheel.to_str().unwrap()]);
    dir.command(judge("uv"), &arguments).expect(0);
    fs_err::rename(dir.path().join("ext"), dir.path().join("out-of-reach")).unwrap();
    venv
}

/// Fails unless Python code prints a text in a virtual environment.
pub(super) fn assert_prints(dir: &TestDir, venv: &Path, code: &str, expected: &str) {
    let output = dir.command(venv.join("bin/python"), &["-I", "-c", code]).expect(0);
    assert_eq!(output.stdout.trim_end(), expected, "{code}");
}
