//! The commands of the GitHub action, of the hooks and of docs/ci.md, each run as it stands.

use std::path::Path;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::judges::judge;
use crate::support::WHEELWORKS;
use crate::support::command::{TestCommand, TestDir};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A wheel with code that needs a library outside of it.
const BUILT: &str = "built/sample-1.0-py3-none-linux_x86_64.whl";

/// The same wheel, repaired.
const REPAIRED: &str = "dist/sample-1.0-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl";

fn read(file: &str) -> String {
    fs_err::read_to_string(Path::new(ROOT).join(file)).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Returns the texts of a YAML list.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Makes a directory as a job has it: a wheel in `built`, repaired in `dist`, and the binary under test as the package `wheelworks` of the
/// index that pip uses.
fn job() -> TestDir {
    let dir = TestDir::new();
    dir.write("twice.c", "int twice(int x) { return 2 * x; }\n")
        .write("four.c", "int twice(int); int four(int x) { return twice(twice(x)); }\n")
        .write("README.md", "# A sample\n")
        .write("LICENSE", "Anyone may use it.\n");
    gcc(&dir, &["-Wl,-soname,libtwice.so.1", "-o", "libtwice.so.1", "twice.c"]);
    let rpath = format!("-Wl,-rpath,{}", dir.path().display());
    gcc(&dir, &["-o", "four.so", "four.c", "libtwice.so.1", &rpath]);
    pack_sample(&dir, "built", "1.0");
    dir.wheelworks(&["repair", "--wheel-dir=dist", BUILT]).expect(0);
    fs_err::create_dir(dir.path().join("index")).unwrap();
    let package = format!("{ROOT}/packaging/python/wheelworks");
    dir.wheelworks(&["pack", "--distribution=wheelworks", "--compression-level=1"])
        .arg(format!("--version={VERSION}"))
        .arg(format!("--out=index/wheelworks-{VERSION}-py3-none-linux_x86_64.whl"))
        .arg("--platform-tag=linux_x86_64")
        .arg(format!("--data-file=scripts/wheelworks={WHEELWORKS}"))
        .args(
            ["__init__", "__main__", "_binary"]
                .map(|name| format!("--member=wheelworks/{name}.py={package}/{name}.py")),
        )
        .expect(0);
    dir
}

fn gcc(dir: &TestDir, arguments: &[&str]) {
    dir.command("gcc", &[&["-shared", "-fPIC"], arguments].concat()).expect(0);
}

fn pack_sample(dir: &TestDir, folder: &str, version: &str) {
    fs_err::create_dir(dir.path().join(folder)).unwrap();
    dir.wheelworks(&["pack", "--distribution=sample", "--platform-tag=linux_x86_64"])
        .arg(format!("--version={version}"))
        .arg(format!("--out={folder}/sample-{version}-py3-none-linux_x86_64.whl"))
        .args(["--summary=A sample", "--license=MIT", "--license-file=LICENSE"])
        .args([
            "--description-file=README.md",
            "--requires-python=>=3.9",
            "--member=sample/four.so=four.so",
        ])
        .expect(0);
}

/// Returns a command of bash, with the programs of these directories first and the index of [`job`].
fn bash<'a>(dir: &'a TestDir, text: &str, programs: &[String]) -> TestCommand<'a> {
    let path = [programs, &[std::env::var("PATH").unwrap()]].concat().join(":");
    dir.command("bash", &["--noprofile", "--norc", "-eo", "pipefail", "-c", text])
        .env("PATH", path)
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", dir.path().join("index"))
        .patience(5)
}

/// Runs the `run` of each step of action.yml as GitHub's runner does. Returns the exit code and the output of each, by name.
fn run_action(dir: &TestDir, inputs: &[(&str, &str)]) -> Vec<(String, i32, String)> {
    let action = yaml(&read("action.yml"));
    let files = ["PATH", "OUTPUT", "STEP_SUMMARY"].map(|name| format!("GITHUB_{name}"));
    for file in &files {
        dir.write(file, "");
    }
    let value_of = |expression: &str| {
        let name = expression.strip_prefix("${{ ").and_then(|it| it.strip_suffix(" }}"))?;
        let Some(input) = name.strip_prefix("inputs.") else {
            return Some(match name {
                "steps.sizes.outputs.file" => "wheelworks-sizes.md",
                "github.repository" => "owner/repository",
                "github.event.pull_request.number" => "7",
                "github.token" => "a-token",
                _ => panic!("{name}"),
            });
        };
        let default = action["inputs"][input]["default"].as_str().unwrap();
        let given = inputs.iter().find(|(name, _)| *name == input);
        Some(given.map_or(default, |(_, value)| value))
    };
    let steps = action["runs"]["steps"].as_array().unwrap();
    steps
        .iter()
        .filter(|step| step["run"].is_string())
        .map(|step| {
            assert_eq!(step["shell"], "bash", "{step}");
            let added = fs_err::read_to_string(dir.path().join("GITHUB_PATH")).unwrap();
            let mut programs = vec![dir.path().join("stand-ins").display().to_string()];
            programs.extend(added.lines().map(str::to_owned));
            let mut command =
                bash(dir, step["run"].as_str().unwrap(), &programs).env("RUNNER_TEMP", dir.path());
            for file in &files {
                command = command.env(file, dir.path().join(file));
            }
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                let value = value.as_str().unwrap();
                command = command.env(name, value_of(value).unwrap_or(value));
            }
            let (code, output) = command.expect_any();
            (step["name"].as_str().unwrap().to_owned(), code, output.stdout + &output.stderr)
        })
        .collect()
}

fn codes(steps: &[(String, i32, String)]) -> Vec<(&str, i32)> {
    steps.iter().map(|(name, code, _)| (name.as_str(), *code)).collect()
}

#[test]
fn the_action_checks_audits_and_measures() {
    let dir = job();
    // GitHub's program needs its service: this one writes down how it was called.
    let gh = dir.path().join("stand-ins/gh");
    dir.write("stand-ins/gh", "#!/bin/sh\necho \"$@\" > gh-arguments\ncat \"$7\" > gh-body\n");
    crate::support::sample::make_executable(&gh);
    let good = [
        ("Install wheelworks", 0),
        ("Check", 0),
        ("Audit", 0),
        ("Measure", 0),
        ("Comment the sizes", 0),
    ];
    let steps = run_action(&dir, &[("version", &format!("=={VERSION}"))]);
    assert_eq!(codes(&steps), good, "{steps:?}");
    for name in ["check", "audit"] {
        let path = dir.path().join(format!("wheelworks-{name}.sarif"));
        let sarif: Value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
        let tool = sarif["runs"][0]["tool"]["driver"]["name"].as_str().unwrap();
        assert_eq!(tool, format!("wheelworks {name}"));
    }
    let written = |name: &str| fs_err::read_to_string(dir.path().join(name)).unwrap();
    let sizes = written("wheelworks-sizes.md");
    assert!(
        sizes.starts_with("### Sizes of the wheels\n\n```text\n") && sizes.contains("sample-1.0")
    );
    assert_eq!(written("GITHUB_STEP_SUMMARY"), sizes);
    assert_eq!(written("gh-body"), sizes);
    assert_eq!(
        written("gh-arguments"),
        "pr comment 7 --edit-last --create-if-none --body-file wheelworks-sizes.md\n"
    );

    // The wheel grew beyond its budget, and does not meet a tag: two steps fail with annotations, the others run.
    pack_sample(&dir, "released", "0.9");
    dir.write("budget.toml", "[wheel]\ncompressed = \"1KiB\"\n");
    let baseline = "released/sample-0.9-py3-none-linux_x86_64.whl";
    let inputs = [
        ("wheels", "built"),
        ("require", "manylinux_2_28"),
        ("budget", "budget.toml"),
        ("baseline", baseline),
    ];
    let steps = run_action(&dir, &inputs);
    let expected = [
        ("Install wheelworks", 0),
        ("Check", 1),
        ("Audit", 1),
        ("Measure", 0),
        ("Comment the sizes", 0),
    ];
    assert_eq!(codes(&steps), expected, "{steps:?}");
    for (name, code, output) in &steps {
        assert!(*code == 0 || output.contains("::error"), "{name}: {output}");
    }
    assert!(written("wheelworks-sizes.md").contains("0.9"), "{}", written("wheelworks-sizes.md"));
}

/// Returns the fenced blocks of a page in this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let parts = page.split("```").skip(1).step_by(2);
    parts
        .filter_map(|part| part.strip_prefix(&format!("{language}\n")))
        .map(str::to_owned)
        .collect()
}

/// Returns the commands of a block of docs/ci.md, or nothing for a block without commands.
fn commands_of(block: &str, is_toml: bool) -> Vec<String> {
    if is_toml {
        let table = DeTable::parse(block).unwrap();
        let settings = table.get_ref()["tool"].get_ref()["cibuildwheel"].get_ref();
        let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().unwrap().to_owned();
        let required = settings["audit-requires"].get_ref().as_array().unwrap().iter();
        let linux = settings["linux"].get_ref();
        return required
            .map(|requirement| format!("pip install {}", text(requirement)))
            .chain(["before-build", "repair-wheel-command"].map(|name| text(&linux[name])))
            .chain([text(&settings["audit-command"]).replace("{wheel}", "wheelhouse/*.whl")])
            .map(|it| it.replace("{dest_dir}", "wheelhouse").replace("{wheel}", BUILT))
            .collect();
    }
    let block = yaml(block);
    if block["wheels"]["script"].is_array() {
        return texts(&block["wheels"]["script"]);
    }
    if block["steps"].is_array() {
        return texts(&block["steps"][0]["commands"]);
    }
    let hooks = block["repos"][0]["hooks"].as_array();
    hooks.into_iter().flatten().flat_map(hook_commands).collect()
}

/// Returns the commands of a hook, which pre-commit runs with the changed files.
fn hook_commands(hook: &Value) -> Vec<String> {
    let dependencies = hook["additional_dependencies"].as_array().map(Vec::as_slice);
    let installed = dependencies.unwrap_or_default().iter().map(|it| it.as_str().unwrap());
    let entry = format!("{} {REPAIRED}", hook["entry"].as_str().unwrap());
    installed.map(|it| format!("pip install {it}")).chain([entry]).collect()
}

#[test]
fn the_commands_of_the_page_and_of_the_hooks_run() {
    let dir = job();
    dir.command(judge("python"), &["-m", "venv", "environment"]).patience(5).expect(0);
    let programs = [dir.path().join("environment/bin").display().to_string()];
    let page = read("docs/ci.md");
    let mut commands: Vec<String> = Vec::new();
    for block in blocks(&page, "toml") {
        commands.extend(commands_of(&block, true));
    }
    for block in blocks(&page, "yaml") {
        commands.extend(commands_of(&block, false));
    }
    commands.extend(
        yaml(&read(".pre-commit-hooks.yaml")).as_array().unwrap().iter().flat_map(hook_commands),
    );
    assert_eq!(commands.len(), 16, "{commands:#?}");
    for command in &commands {
        bash(&dir, command, &programs).expect(0);
    }
    let repaired =
        fs_err::read_dir(dir.path().join("wheelhouse")).unwrap().next().unwrap().unwrap();
    assert!(repaired.file_name().to_str().unwrap().contains("manylinux"), "{repaired:?}");
    assert!(dir.path().join("sizes.html").exists());
}

/// The page lists the inputs of the action with their defaults, and its example uses inputs that exist.
#[test]
fn the_page_describes_the_inputs_of_the_action() {
    let action = yaml(&read("action.yml"));
    let inputs = action["inputs"].as_object().unwrap();
    let page = read("docs/ci.md");
    for (name, input) in inputs {
        let default = input["default"].as_str().unwrap();
        let cell = if default.is_empty() { " ".to_owned() } else { format!(" `{default}` ") };
        assert!(page.contains(&format!("| `{name}` |{cell}|")), "docs/ci.md lacks `{name}`");
    }
    let example = yaml(&blocks(&page, "yaml")[0]);
    let step = &example["jobs"]["wheels"]["steps"][2];
    assert_eq!(step["uses"], format!("wheelworks/wheelworks@v{VERSION}"));
    for name in step["with"].as_object().unwrap().keys() {
        assert!(inputs.contains_key(name), "the action has no input `{name}`");
    }
}
