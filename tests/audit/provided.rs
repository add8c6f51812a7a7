//! `--provided-by`: libraries that a required wheel brings are not external.

use serde_json::{Value, json};

use super::build::Built;
use super::fixture;
use crate::support::command::{Output, TestDir, write};
use crate::support::wheel::Wheel;

const WHEEL: &str = "cuda_extension-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";

/// Returns a directory with a wheel that needs libcuda, libcudart and libtorch and has these requirements,
/// and with the libraries in `host`.
fn extension(requirements: &[&str]) -> TestDir {
    let name = "cuda_extension.c";
    let fixture = fixture::all().into_iter().find(|fixture| fixture.name() == name).unwrap();
    let built = Built::new(&fixture).unwrap();
    let dir = TestDir::new();
    for library in ["libcuda.so.1", "libcudart.so.12", "libtorch.so"] {
        let bytes = fs_err::read(built.path().join("host").join(library)).unwrap();
        write(dir.path(), &format!("host/{library}"), bytes);
    }
    let mut wheel = with_requirements(WHEEL, requirements);
    wheel.member("pkg/_ext.so", fs_err::read(built.path().join("_ext.so")).unwrap());
    wheel.write(dir.path());
    dir
}

/// Returns a wheel with these lines of `Requires-Dist`.
fn with_requirements(name: &str, requirements: &[&str]) -> Wheel {
    let mut wheel = Wheel::bare(name);
    let parts: Vec<&str> = name.strip_suffix(".whl").unwrap().split('-').collect();
    let head = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", parts[0], parts[1]);
    let lines = requirements.iter().map(|requirement| format!("Requires-Dist: {requirement}\n"));
    let metadata: String = [head].into_iter().chain(lines).collect();
    let (dist_info, tags) = (wheel.dist_info(), parts[2..].join("-"));
    wheel.member(&format!("{dist_info}/METADATA"), metadata);
    let text = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tags}\n");
    wheel.member(&format!("{dist_info}/WHEEL"), text);
    wheel
}

fn audit(dir: &TestDir, arguments: &[&str], code: i32) -> Output {
    let fixed = ["audit", "--no-host", "--require-declared", WHEEL];
    dir.wheelworks(&[&fixed[..], arguments].concat()).expect(code)
}

/// Returns the libraries that other wheels bring, and those that fail the audit.
fn report(dir: &TestDir, arguments: &[&str], code: i32) -> (Value, Vec<String>) {
    let output = audit(dir, &[arguments, &["--report=json"]].concat(), code);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let wheel = &report["wheels"][0];
    let library = |finding: &Value| finding["library"].as_str().unwrap().to_owned();
    let external = wheel["findings"].as_array().unwrap().iter().map(library).collect();
    (wheel["provided"].clone(), external)
}

/// Only a wheel that METADATA names counts. The names are compared as PEP 503 has it.
#[test]
fn the_built_in_table() {
    let everything = ["nvidia_cuda.runtime-cu12", "Torch>=2.4"];
    for (requirements, external) in [
        (&everything[..], &[][..]),
        // torch brings CUDA 12 with it.
        (&["torch"], &[]),
        (&["torch ; extra == 'gpu'"], &[]),
        (&["nvidia-cuda-runtime-cu12==12.9.*"], &["libtorch.so"]),
        // CUDA 13 is another library.
        (&["nvidia-cuda-runtime"], &["libcudart.so.12", "libtorch.so"]),
        (&["numpy"], &["libcudart.so.12", "libtorch.so"]),
        (&[], &["libcudart.so.12", "libtorch.so"]),
    ] {
        let dir = extension(requirements);
        let code = i32::from(!external.is_empty());
        let (_, found) = report(&dir, &["--provided-by=known"], code);
        assert_eq!(found, external, "{requirements:?}");
        // Without the option, nothing is provided: the verdict is that of auditwheel.
        assert_eq!(report(&dir, &[], 1).1.len(), 3);
    }
    let dir = extension(&everything);
    let (provided, _) = report(&dir, &["--provided-by=known"], 0);
    assert_eq!(
        provided,
        json!({
            "libcuda.so.1": "the NVIDIA driver",
            "libcudart.so.12": "nvidia-cuda-runtime-cu12",
            "libtorch.so": "torch",
        })
    );
    let text = audit(&dir, &["--provided-by=known"], 0).stdout;
    assert!(text.contains("following platform tag: \"manylinux_2_5_x86_64\""), "{text}");
    assert!(text.contains("\n  libtorch.so (torch)\n"), "{text}");
    // What is not provided has a hint.
    let text = audit(&dir, &[], 1).stdout;
    assert!(text.contains("hint: pass `--provided-by known`"), "{text}");
}

/// The audits of `pack` and `repack` have the same option.
#[test]
fn wheels_are_packed_with_the_libraries_of_others() {
    let dir = extension(&["torch"]);
    let out = "packed-1.0-cp312-cp312-manylinux_2_17_x86_64.whl";
    let bytes = fs_err::read(dir.path().join(WHEEL)).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut library = archive.by_name("pkg/_ext.so").unwrap();
    let mut bytes = Vec::new();
    std::io::copy(&mut library, &mut bytes).unwrap();
    dir.write("_ext.so", bytes);
    let pack = ["pack", "--distribution=packed", "--version=1.0", "--member=p/_ext.so=_ext.so"];
    let tags = ["--python-tag=cp312", "--abi-tag=cp312", "--platform-tag=manylinux_2_17_x86_64"];
    let (out, requires) = (format!("--out={out}"), "--requires-dist=torch");
    let known = "--audit-provided-by=known";
    for (command, rest, code) in [
        (&["repack", "-w", "new", WHEEL][..], &[known][..], 0),
        (&["repack", "-w", "other", WHEEL], &[], 1),
        (&[&pack[..], &tags, &[&out]].concat(), &[known], 1),
        (&[&pack[..], &tags, &[&out, requires]].concat(), &[known], 0),
    ] {
        dir.wheelworks(&[command, &["--require-declared"], rest].concat()).expect(code);
    }
}

/// A wheel's libraries count by their file names and sonames.
#[test]
fn wheels_provide_their_libraries() {
    let dir = extension(&["cuda-runtime", "engine"]);
    let read = |name: &str| fs_err::read(dir.path().join("host").join(name)).unwrap();
    let cuda = "cuda_runtime-1.0-py3-none-manylinux_2_17_x86_64.whl";
    Wheel::new(cuda).member("cuda/lib/renamed.so", read("libcudart.so.12")).write(dir.path());
    let engine = "engine-1.0-py3-none-manylinux_2_17_x86_64.whl";
    Wheel::new(engine).member("engine/libtorch.so", read("libtorch.so")).write(dir.path());
    let by = |wheels: &[&str]| wheels.iter().map(|it| format!("--provided-by={it}")).collect();
    let run = |wheels: &[&str], code| {
        let options: Vec<String> = by(wheels);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        report(&dir, &options, code)
    };
    assert_eq!(run(&[cuda, engine], 0).1, Vec::<String>::new());
    assert_eq!(run(&[cuda], 1).1, ["libtorch.so"]);
    // A wheel that no `Requires-Dist` names provides nothing, and a warning says so.
    let other = extension(&[]);
    let path = dir.path().join(cuda);
    let option = format!("--provided-by={}", path.display());
    assert_eq!(report(&other, &[&option], 1).1, ["libcudart.so.12", "libtorch.so"]);
    let output = audit(&other, &[&option], 1);
    assert!(
        output.stderr.contains("no audited wheel requires `cuda-runtime`"),
        "{}",
        output.stderr
    );
}

/// Requirements of a provider count, and those of its extras only if the extra is asked for.
#[test]
fn what_a_provider_requires_counts() {
    for (requirement, external) in [("meta[rt]", &[][..]), ("meta", &["libcudart.so.12"])] {
        let dir = extension(&[requirement]);
        let read = |name: &str| fs_err::read(dir.path().join("host").join(name)).unwrap();
        let meta = "meta-1.0-py3-none-any.whl";
        with_requirements(meta, &["engine", "cuda-runtime; extra == 'rt'"]).write(dir.path());
        let cuda = "cuda_runtime-1.0-py3-none-manylinux_2_17_x86_64.whl";
        Wheel::new(cuda).member("lib/libcudart.so.12", read("libcudart.so.12")).write(dir.path());
        let engine = "engine-1.0-py3-none-manylinux_2_17_x86_64.whl";
        Wheel::new(engine).member("engine/libtorch.so", read("libtorch.so")).write(dir.path());
        let options = [meta, cuda, engine].map(|wheel| format!("--provided-by={wheel}"));
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        assert_eq!(report(&dir, &options, i32::from(!external.is_empty())).1, external);
    }
}

/// A `site-packages` directory, with and without RECORD: Bazel's rules for PyPI leave it out.
#[test]
fn a_directory_provides_what_is_installed_there() {
    let dir = extension(&["cuda-runtime", "engine"]);
    let read = |name: &str| fs_err::read(dir.path().join("host").join(name)).unwrap();
    let metadata = |name: &str| format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1\n");
    for (site, with_record) in [("one/site-packages", false), ("two/site-packages", true)] {
        let file = |path: &str, bytes: Vec<u8>| {
            write(dir.path(), &format!("{site}/{path}"), bytes);
        };
        file("cuda/lib/libcudart.so.12", read("libcudart.so.12"));
        file("cuda_runtime-1.dist-info/METADATA", metadata("cuda_runtime").into());
        if with_record {
            let record = b"cuda/lib/libcudart.so.12,,\ncuda_runtime-1.dist-info/METADATA,,\n";
            file("cuda_runtime-1.dist-info/RECORD", record.to_vec());
            // Of a wheel that the audited one does not require.
            file("engine/libtorch.so", read("libtorch.so"));
            file("other-1.dist-info/METADATA", metadata("other").into());
            file("other-1.dist-info/RECORD", b"engine/libtorch.so,,\n".to_vec());
        }
        let option = format!("--provided-by={site}");
        assert_eq!(report(&dir, &[&option], 1).1, ["libtorch.so"], "{site}");
    }
    write(dir.path(), "empty/file", "");
    let said = audit(&dir, &["--provided-by=empty"], 2).stderr;
    insta::assert_snapshot!(said, @"
    error: --provided-by `empty`: expected a wheel, or a directory with a `*.dist-info` directory, found none
    hint: name the directory that wheels are installed in, such as `site-packages`, or `known`
    ");
    let said = audit(&dir, &["--provided-by=missing.whl"], 2).stderr;
    assert!(said.contains("missing.whl"), "{said}");
}

/// As in vllm: libraries of other wheels, which many files need, have one hint and fit on one screen.
#[test]
fn groups_with_one_hint_have_it_once() {
    let fixture = fixture::all().into_iter().find(|it| it.name() == "several_externals.c").unwrap();
    let built = Built::new(&fixture).unwrap();
    let text = built.ours(&fixture, &["--require=manylinux_2_17_x86_64"]).stdout;
    let (_, findings) = text.split_once("\n\nerror").unwrap();
    insta::assert_snapshot!(findings, @"
    [external-library] one/_ext.so, two/_ext.so
      it needs `liba_of_wheelworks.so.1`, which `manylinux_2_17_x86_64` does not promise; and it was not found
    error[external-library] one/_ext.so, two/_ext.so
      it needs `libb_of_wheelworks.so.1`, which `manylinux_2_17_x86_64` does not promise; and it was not found
      hint: graft it with `wheelworks repair`, pass `--provided-by` the wheel in Requires-Dist that brings it, or link it statically

    error required: manylinux_2_17_x86_64; errors: 4
    ");
}
