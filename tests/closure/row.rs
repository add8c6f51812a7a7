//! One case: files of wheels, what the loader of this machine does with them, and the problems that are reported.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::judges::judge;
use crate::support::command::{TestDir, write};
use crate::support::wheel::Wheel;

/// A file of a wheel, or one that is needed to build others.
#[derive(Debug, Clone, Copy)]
pub(super) struct File {
    /// `name-version`; empty for a file that is in no wheel.
    pub(super) wheel: &'static str,
    /// The path in the wheel.
    pub(super) member: &'static str,
    /// C source, or `text:` and the content.
    pub(super) source: &'static str,
    /// Flags for gcc. `{site}` is site-packages, `{dir}` the directory of the test.
    pub(super) flags: &'static str,
}

/// A case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Built in this order. The first one's wheel is judged, with the others at hand.
    pub(super) files: &'static [File],
    /// Wheels, and requirements of theirs.
    pub(super) requires: &'static [(&'static str, &'static str)],
    /// Wheels that are installed in purelib.
    pub(super) purelib: &'static [&'static str],
    pub(super) arguments: &'static [&'static str],
    /// Members, and how they are edited once all are built: `patchelf` and its options, `nixos` for the program of that
    /// name from NixOS, or `poke OFFSET BYTE`.
    pub(super) edits: &'static [(&'static str, &'static str)],
    /// The platform tag of all wheels; `linux` and this machine if there is none.
    pub(super) tag: Option<&'static str>,
    /// Files that `ctypes.CDLL` loads; what it says of those that it does not load.
    pub(super) loads: &'static [(&'static str, &'static str)],
    /// `RULE FILE NAME` of each problem; the last words may be left out.
    pub(super) problems: &'static [&'static str],
}

impl Row {
    pub(super) const EMPTY: Self = Self {
        name: "",
        files: &[],
        requires: &[],
        purelib: &[],
        arguments: &[],
        edits: &[],
        tag: None,
        loads: &[],
        problems: &[],
    };
}

/// A built case.
pub(super) struct Built {
    pub(super) dir: TestDir,
    site: PathBuf,
    python: String,
    /// The names of the wheels, in the order of the files.
    pub(super) wheels: Vec<String>,
}

/// Returns the version of the Python that loads the files: `3.12`.
pub(super) fn python_version(dir: &TestDir) -> String {
    let code = "import sys; print('%d.%d' % sys.version_info[:2])";
    dir.command(judge("python"), &["-I", "-c", code]).expect(0).stdout.trim().to_owned()
}

impl Built {
    /// Builds the files in place, and packs them.
    pub(super) fn new(row: &Row) -> Self {
        let dir = TestDir::new();
        let python = python_version(&dir);
        let root = fs_err::canonicalize(dir.path()).unwrap();
        let site = root.join(format!("prefix/lib/python{python}/site-packages"));
        let mut built = Self { dir, site, python, wheels: Vec::new() };
        for file in row.files {
            built.build(file);
        }
        for (member, edit) in row.edits {
            let of = row.files.iter().rfind(|file| file.member == *member);
            built.edit(of.unwrap_or_else(|| panic!("no file `{member}`")), edit);
        }
        let mut names: Vec<&str> = Vec::new();
        for file in row.files.iter().filter(|file| !file.wheel.is_empty()) {
            if !names.contains(&file.wheel) {
                names.push(file.wheel);
            }
        }
        built.wheels = names.iter().map(|name| built.pack(row, name)).collect();
        built
    }

    /// Returns where a member is installed.
    fn installed(&self, member: &str) -> PathBuf {
        match member.split_once(".data/data/") {
            Some((_, rest)) => self.site.join("../../..").join(rest),
            None => self.site.join(member),
        }
    }

    fn expand(&self, text: &str) -> String {
        let (site, dir) = (self.site.to_str().unwrap(), self.site.join("../../../.."));
        text.replace("{site}", site).replace("{dir}", dir.to_str().unwrap())
    }

    /// Returns where a file of a wheel is kept to be packed: wheels of two versions have the same paths.
    fn kept(&self, file: &File) -> PathBuf {
        self.dir.path().join("built").join(file.wheel).join(file.member)
    }

    fn build(&self, file: &File) {
        let is_aside = file.wheel.is_empty() && file.source.starts_with("text:");
        let path = if is_aside {
            PathBuf::from(self.expand(&format!("{{dir}}/{}", file.member)))
        } else {
            self.installed(file.member)
        };
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        match file.source.strip_prefix("text:") {
            Some(text) => fs_err::write(&path, text).unwrap(),
            None => self.compile(file, &path),
        }
        let kept = self.kept(file);
        fs_err::create_dir_all(kept.parent().unwrap()).unwrap();
        fs_err::copy(path, kept).unwrap();
    }

    /// Edits an installed file, and the one that is kept to be packed.
    fn edit(&self, file: &File, edit: &str) {
        let path = self.installed(file.member);
        let text = path.to_str().unwrap();
        let words: Vec<&str> = edit.split_whitespace().collect();
        match words[..] {
            ["patchelf", ..] => {
                drop(self.dir.wheelworks(&[&words[..], &[text]].concat()).expect(0));
            }
            ["nixos", ref options @ ..] => {
                drop(self.dir.command(judge("patchelf"), &[options, &[text]].concat()).expect(0));
            }
            ["poke", offset, byte] => {
                let mut bytes = fs_err::read(&path).unwrap();
                bytes[offset.parse::<usize>().unwrap()] = byte.parse().unwrap();
                fs_err::write(&path, bytes).unwrap();
            }
            _ => panic!("no edit: {edit}"),
        }
        fs_err::copy(&path, self.kept(file)).unwrap();
    }

    fn compile(&self, file: &File, path: &Path) {
        write(self.dir.path(), "source.c", file.source);
        let mut gcc = Command::new("gcc");
        if !["-c", "-pie", "-no-pie"].iter().any(|flag| file.flags.starts_with(flag)) {
            gcc.arg("-shared");
        }
        gcc.args(["-fPIC", "-O1", "-w", "-fno-builtin", "-fcf-protection=none", "-o"]);
        gcc.arg(path).arg(self.dir.path().join("source.c")).arg("-Wl,--no-as-needed");
        gcc.args(file.flags.split_whitespace().map(|flag| self.expand(flag)));
        let output = gcc.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn pack(&self, row: &Row, name: &str) -> String {
        let platform = format!("linux_{}", std::env::consts::ARCH);
        let platform = row.tag.unwrap_or(&platform);
        let file_name = format!("{name}-py3-none-{platform}.whl");
        let (package, version) = name.split_once('-').unwrap();
        let mut wheel = Wheel::bare(&file_name);
        let dist_info = wheel.dist_info();
        let head = format!("Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n");
        let requires = row.requires.iter().filter(|(of, _)| *of == name);
        let lines = requires.map(|(_, requirement)| format!("Requires-Dist: {requirement}\n"));
        let metadata: String = [head].into_iter().chain(lines).collect();
        wheel.member(&format!("{dist_info}/METADATA"), metadata);
        let purelib = row.purelib.contains(&name);
        let tag = format!("py3-none-{platform}");
        let text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: {purelib}\nTag: {tag}\n");
        wheel.member(&format!("{dist_info}/WHEEL"), text);
        let mut members: Vec<&str> = Vec::new();
        for file in row.files.iter().filter(|file| file.wheel == name) {
            if !members.contains(&file.member) {
                members.push(file.member);
                wheel.member(file.member, fs_err::read(self.kept(file)).unwrap());
            }
        }
        let wheels = self.dir.path().join("wheels");
        fs_err::create_dir_all(&wheels).unwrap();
        wheel.write(&wheels);
        format!("wheels/{file_name}")
    }

    /// Returns what `ctypes.CDLL` says of a file, or how the process ends; empty if it loads.
    pub(super) fn load(&self, member: &str) -> String {
        let code = "import ctypes, sys\n\
                    try: ctypes.CDLL(sys.argv[1])\n\
                    except OSError as error: print(error)\n";
        self.run_python(code, &[member])
    }

    /// Returns what Python code prints, or how the process ends. Its arguments are the paths of installed files.
    pub(super) fn run_python(&self, code: &str, members: &[&str]) -> String {
        let paths: Vec<PathBuf> = members.iter().map(|member| self.installed(member)).collect();
        let mut arguments = vec!["-I", "-c", code];
        arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
        let command = self.dir.command(judge("python"), &arguments);
        let (code, output) = command.env("LD_LIBRARY_PATH", "").expect_any();
        if code == 0 { output.stdout } else { format!("ends with {code}") }
    }

    /// Returns the JSON report, and the exit code.
    pub(super) fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let python = format!("--python-version={}", self.python);
        let mut all = vec!["closure", "--json", &python, &self.wheels[0]];
        for wheel in &self.wheels[1..] {
            all.extend(["--with", wheel]);
        }
        all.extend(arguments);
        let (code, output) = self.dir.wheelworks(&all).expect_any();
        let report = serde_json::from_str(&output.stdout);
        (code, report.unwrap_or_else(|error| panic!("{error}: {}{}", output.stdout, output.stderr)))
    }
}

/// Returns the problems of a report as `RULE FILE NAME`.
pub(super) fn problems(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let problem =
        |it: &Value| format!("{} {} {}", text(&it["rule"]), text(&it["file"]), text(&it["name"]));
    report["problems"].as_array().unwrap().iter().map(problem).collect()
}
