//! Builds wheels from fixtures, and runs wheelworks and auditwheel on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::fixture::{Fixture, Step};
use super::forge::forge;
use crate::judges::judge;
use crate::support::WHEELWORKS;
use crate::support::command::{TestDir, write};
use crate::support::wheel::Wheel;

/// A fixture's wheel in a temporary directory.
pub(super) struct Built {
    _dir: TestDir,
    /// The directory with symbolic links resolved, because RPATHs contain it.
    path: PathBuf,
    wheel: Wheel,
}

/// The output of a tool.
pub(super) struct ToolOutput {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl ToolOutput {
    /// Returns standard output as JSON; `Null` if it is not JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_default()
    }

    fn new(output: &Output, directory: &Path) -> Self {
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(directory.to_str().unwrap(), "{DIR}")
        };
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }
}

impl Built {
    /// Compiles a fixture and packs its wheel.
    pub(super) fn new(fixture: &Fixture) -> Result<Self, String> {
        let dir = TestDir::new();
        let path = fs_err::canonicalize(dir.path()).unwrap();
        let mut built = Self { _dir: dir, path, wheel: Wheel::new(&fixture.wheel) };
        for step in &fixture.steps {
            built.step(fixture, step).map_err(|error| format!("{step:?}: {error}"))?;
        }
        for (member, out) in &fixture.members {
            let bytes = fs_err::read(built.path.join(out)).map_err(|error| error.to_string())?;
            built.wheel.member(member, bytes);
        }
        for (path, target) in &fixture.links {
            built.wheel.link(path, target);
        }
        for path in &fixture.unrecorded {
            built.wheel.unrecorded(path);
        }
        for path in &fixture.rows {
            let path = built.expand(path);
            built.wheel.row(&path);
        }
        built.wheel.write(&built.path);
        Ok(built)
    }

    /// The directory of all files.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The wheel.
    pub(super) fn wheel(&self) -> &Wheel {
        &self.wheel
    }

    fn step(&self, fixture: &Fixture, step: &Step) -> Result<(), String> {
        match step {
            Step::Build(out, flags) => {
                write(&self.path, out, "");
                let mut gcc = Command::new("gcc");
                // The compiler defaults of distributions differ in these options.
                gcc.args(["-fPIC", "-fno-stack-protector", "-fcf-protection=none", "-w", "-o"]);
                gcc.arg(out).arg("-Wl,--no-as-needed").arg(&fixture.path);
                self.run(gcc.args(flags.iter().map(|flag| self.expand(flag))))
            }
            Step::File(out, text) => {
                write(&self.path, out, text);
                Ok(())
            }
            Step::Run(words) => match words.split_first() {
                Some((program, arguments)) if ["objcopy", "strip"].contains(&program.as_str()) => {
                    self.run(Command::new(program).args(arguments))
                }
                _ => Err("expected objcopy or strip".to_owned()),
            },
            Step::Forge(out, change) => {
                let path = self.path.join(out);
                let mut bytes = fs_err::read(&path).map_err(|error| error.to_string())?;
                forge(&mut bytes, change)?;
                fs_err::write(path, bytes).map_err(|error| error.to_string())
            }
        }
    }

    fn run(&self, command: &mut Command) -> Result<(), String> {
        let output = command.current_dir(&self.path).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn expand(&self, text: &str) -> String {
        text.replace("{DIR}", self.path.to_str().unwrap())
    }

    /// Unpacks the wheel into the directory.
    pub(super) fn unpack(&self) {
        self.wheel.unpack(&self.path);
    }

    /// Runs `wheelworks show` on the wheel, with more arguments.
    pub(super) fn ours(&self, fixture: &Fixture, more: &[&str]) -> ToolOutput {
        self.ours_on(fixture, more, &fixture.wheel)
    }

    /// Runs `wheelworks show` with any arguments.
    pub(super) fn ours_on(&self, fixture: &Fixture, more: &[&str], path: &str) -> ToolOutput {
        let arguments = fixture.arguments.iter().map(String::as_str);
        let all: Vec<&str> =
            ["show"].into_iter().chain(more.iter().copied()).chain(arguments).collect();
        self.run_tool(WHEELWORKS.as_ref(), fixture, &all, path)
    }

    /// Runs `auditwheel show --json` on the wheel.
    pub(super) fn judges(&self, fixture: &Fixture) -> ToolOutput {
        let arguments = fixture.arguments.iter().map(String::as_str);
        let all: Vec<&str> = ["show", "--json"].into_iter().chain(arguments).collect();
        self.run_tool(&judge("auditwheel"), fixture, &all, &fixture.wheel)
    }

    /// Runs `wheelworks lddtree` on a file.
    pub(super) fn ours_tree(&self, fixture: &Fixture, more: &[&str], path: &str) -> ToolOutput {
        let all: Vec<&str> = ["lddtree"].into_iter().chain(more.iter().copied()).collect();
        self.run_tool(WHEELWORKS.as_ref(), fixture, &all, path)
    }

    /// Runs `auditwheel lddtree` on a file.
    pub(super) fn judges_tree(&self, fixture: &Fixture, path: &str) -> ToolOutput {
        self.run_tool(&judge("auditwheel"), fixture, &["lddtree"], path)
    }

    fn run_tool(
        &self,
        program: &Path,
        fixture: &Fixture,
        arguments: &[&str],
        path: &str,
    ) -> ToolOutput {
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|argument| self.expand(argument))).arg(path);
        command.current_dir(&self.path).env_remove("LD_LIBRARY_PATH");
        for (name, value) in &fixture.environment {
            command.env(name, self.expand(value));
        }
        ToolOutput::new(&command.output().unwrap(), &self.path)
    }
}
