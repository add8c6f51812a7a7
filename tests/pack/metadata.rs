//! The dist-info directory of declared wheels: METADATA, WHEEL, `entry_points.txt` and the name.

use std::path::Path;

use crate::support::archive::{assert_conforms, content};
use crate::support::command::TestDir;
use crate::support::sample::{DECLARED, FILENAME, pack, tree};

/// Returns every file of the dist-info directory but RECORD.
fn dist_info(wheel: &Path) -> String {
    let (file, archive) = assert_conforms(wheel);
    let mut text = String::new();
    for entry in &archive.entries {
        let name = entry.name();
        if let Some((_, name)) = name.split_once(".dist-info/").filter(|it| it.1 != "RECORD") {
            let content = String::from_utf8(content(&file, entry)).unwrap();
            text.extend(["=== ", name, "\n", &content]);
        }
    }
    text
}

#[test]
#[expect(clippy::too_many_lines, reason = "one METADATA, option by option")]
fn all_metadata_options() {
    let dir = TestDir::new();
    dir.write("README.md", "# Sample\n\nWith größe.\n")
        .write("LICENSE", "text")
        .write("NOTICE", "notice");
    let arguments = [
        "pack",
        "--out=sample_pkg-1.0rc1+cu128-7local-py2.py3-none-manylinux2014_x86_64.manylinux_2_27_x86_64.whl",
        "--distribution=Sample.Pkg",
        "--version=v1.0-RC1+CU128",
        "--build-tag=7local",
        "--python-tag=py2.py3",
        "--platform-tag=manylinux_2_27_x86_64.manylinux2014_x86_64",
        "--requires-dist=numpy>=2.0",
        "--requires-dist=jax[cuda12]==0.8; python_version >= \"3.12\" and extra == 'Cuda-12'",
        "--requires-python=>=3.11,<4",
        "--summary=Größe in one line",
        "--license=Apache-2.0 OR MIT",
        "--description-file=README.md",
        "--author=Ada Größe",
        "--author-email=ada@example.org",
        "--project-url=Source, https://example.org/sample",
        "--classifier=Programming Language :: Python :: 3",
        "--keyword=sample",
        "--keyword=wheel",
        "--provides-extra=unused",
        "--license-file=NOTICE",
        "--entry-point=console_scripts:sample = sample_pkg.cli:main",
        "--entry-point=jax_plugins:b=sample_pkg",
        "--entry-point=jax_plugins:a=sample_pkg.plugin:Plugin.make [cuda]",
        "--member=sample_pkg-1.0rc1+cu128.dist-info/licenses/LICENSE=LICENSE",
    ];
    let wheel = arguments[1].strip_prefix("--out=").unwrap();
    let (output, path) = pack(&dir, &arguments, wheel);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    let text = dist_info(&path).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text, @r#"
    === METADATA
    Metadata-Version: 2.4
    Name: Sample.Pkg
    Version: 1.0rc1+cu128
    Summary: Größe in one line
    Keywords: sample,wheel
    Author: Ada Größe
    Author-email: ada@example.org
    License-Expression: Apache-2.0 OR MIT
    License-File: NOTICE
    Classifier: Programming Language :: Python :: 3
    Requires-Python: >=3.11,<4
    Requires-Dist: numpy>=2.0
    Requires-Dist: jax[cuda12]==0.8; python_version >= "3.12" and extra == 'cuda-12'
    Project-URL: Source, https://example.org/sample
    Provides-Extra: cuda-12
    Provides-Extra: unused
    Description-Content-Type: text/markdown

    # Sample

    With größe.
    === WHEEL
    Wheel-Version: 1.0
    Generator: wheelworks VERSION
    Root-Is-Purelib: false
    Tag: py2-none-manylinux2014_x86_64
    Tag: py2-none-manylinux_2_27_x86_64
    Tag: py3-none-manylinux2014_x86_64
    Tag: py3-none-manylinux_2_27_x86_64
    Build: 7local
    === entry_points.txt
    [console_scripts]
    sample = sample_pkg.cli:main

    [jax_plugins]
    a = sample_pkg.plugin:Plugin.make [cuda]
    b = sample_pkg
    === licenses/LICENSE
    text=== licenses/NOTICE
    notice
    "#);
}

#[test]
fn requirements_from_files_and_of_extras() {
    let dir = TestDir::new();
    dir.write("base.txt", "# Base.\nnumpy>=2  # why\n\nscipy==1.14 \\\n  --hash=sha256:00\n")
        .write("cuda.txt", "nvidia-nccl-cu12>=2.18\nx; os_name == 'nt' or os_name == 'posix'\n")
        .write("notes", "text");
    let mut arguments = DECLARED.to_vec();
    arguments.extend([
        "--requires-dist=absl-py",
        "--requires-file=base.txt",
        "--extra-requires=Cuda_12:jax[cuda12] @ https://example.org/jax.whl",
        "--extra-requires=jit:numba>=0.60; python_version < '3.13'",
        "--extra-requires-file=Cuda_12=cuda.txt",
        "--description-file=notes",
        "--description-content-type=text/markdown; variant=CommonMark",
    ]);
    let (_, path) = pack(&dir, &arguments, FILENAME);
    let text = dist_info(&path);
    let metadata = text.split("=== WHEEL").next().unwrap();
    insta::assert_snapshot!(metadata, @"
    === METADATA
    Metadata-Version: 2.4
    Name: Sample-Pkg
    Version: 1.0
    Requires-Dist: absl-py
    Requires-Dist: numpy>=2
    Requires-Dist: scipy==1.14
    Requires-Dist: jax[cuda12] @ https://example.org/jax.whl ; extra == 'cuda-12'
    Requires-Dist: numba>=0.60; python_version < '3.13' and extra == 'jit'
    Requires-Dist: nvidia-nccl-cu12>=2.18; extra == 'cuda-12'
    Requires-Dist: x; (os_name == 'nt' or os_name == 'posix') and extra == 'cuda-12'
    Provides-Extra: cuda-12
    Provides-Extra: jit
    Description-Content-Type: text/markdown; variant=CommonMark

    text
    ");
}

#[test]
fn the_minimal_metadata() {
    let dir = TestDir::new();
    dir.write("f", "");
    let arguments = [&DECLARED[..], &["--member=f=f"]].concat();
    let (_, path) = pack(&dir, &arguments, FILENAME);
    let text = dist_info(&path).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text, @r"
    === METADATA
    Metadata-Version: 2.4
    Name: Sample-Pkg
    Version: 1.0
    === WHEEL
    Wheel-Version: 1.0
    Generator: wheelworks VERSION
    Root-Is-Purelib: true
    Tag: py3-none-any
    ");
}

#[test]
fn platform_tags_of_other_systems() {
    for [python, abi, platform] in [
        ["cp312", "cp312", "macosx_11_0_arm64"],
        ["cp312", "abi3", "win_amd64"],
        ["cp315", "abi3.abi3t", "musllinux_1_2_aarch64"],
        ["py3", "none", "macosx_10_13_universal2"],
        ["cp313", "cp313t", "android_24_arm64_v8a"],
        ["cp314", "cp314", "ios_13_0_arm64_iphoneos"],
    ] {
        let dir = TestDir::new();
        dir.write("f", "");
        let wheel = format!("sample_pkg-1.0-{python}-{abi}-{platform}.whl");
        let mut arguments = vec![format!("--out={wheel}"), format!("--python-tag={python}")];
        arguments.push(format!("--abi-tag={abi}"));
        arguments.push(format!("--platform-tag={platform}"));
        let mut all = vec!["pack", "--distribution=sample-pkg", "--version=1.0", "--member=f=f"];
        all.extend(arguments.iter().map(String::as_str));
        let (_, path) = pack(&dir, &all, &wheel);
        let text = dist_info(&path);
        for abi in abi.split('.') {
            assert!(text.contains(&format!("\nTag: {python}-{abi}-{platform}\n")), "{text}");
        }
        assert!(text.contains("\nRoot-Is-Purelib: false\n"), "{text}");
    }
}

#[test]
fn a_tree_is_named_by_its_wheel_file() {
    let dir = tree();
    let wheel = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\nBuild: 3\n\
                 Tag: cp312-cp312-win_amd64\nTag: cp312-cp312-win32\n";
    dir.write("tree/sample_pkg-1.0.dist-info/WHEEL", wheel);
    let output = dir.wheelworks(&["pack", "tree"]).expect(0);
    insta::assert_snapshot!(output.stdout, @"./sample_pkg-1.0-3-cp312-cp312-win32.win_amd64.whl");
}

/// As `wheel pack` 0.48 names this tree. Installers take the name for every combination of its tags.
#[test]
fn a_tree_with_one_tag_for_each_python_has_a_compressed_name() {
    let dir = tree();
    let start = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: false\n";
    let tags = "Tag: cp311-cp311-win32\nTag: cp310-cp310-win32\n";
    dir.write("tree/sample_pkg-1.0.dist-info/WHEEL", format!("{start}{tags}"));
    let name = "sample_pkg-1.0-cp310.cp311-cp310.cp311-win32.whl";
    let (output, path) = pack(&dir, &["pack", "tree"], name);
    insta::assert_snapshot!(output.stderr, @"
    warning: the wheel's name, `sample_pkg-1.0-cp310.cp311-cp310.cp311-win32.whl`, stands for `cp310-cp311-win32`, too, which `tree/sample_pkg-1.0.dist-info/WHEEL` does not list; the new WHEEL does
    hint: installers go by the name; a name stands for every combination of its tags
    ");
    let text = dist_info(&path);
    let written = text.split_once(start).unwrap().1;
    assert_eq!(
        written,
        "Tag: cp310-cp310-win32\nTag: cp310-cp311-win32\nTag: cp311-cp310-win32\nTag: cp311-cp311-win32\n"
    );
    // Lines in any order and form that say the same stay as they are.
    let tags = "Tag: py3-none-any\nTag: py2.py3-none-any\n";
    dir.write("tree/sample_pkg-1.0.dist-info/WHEEL", format!("{start}{tags}"));
    let (output, path) = pack(&dir, &["pack", "tree"], "sample_pkg-1.0-py2.py3-none-any.whl");
    assert_eq!(output.stderr, "");
    assert!(dist_info(&path).ends_with(&format!("{start}{tags}")));
}

#[test]
fn a_licence_that_is_no_spdx_expression_is_kept_with_a_warning() {
    let dir = TestDir::new();
    dir.write("f", "");
    let mut arguments = DECLARED.to_vec();
    arguments.extend(["--member=f=f", "--license=Apache 2.0"]);
    let (output, path) = pack(&dir, &arguments, FILENAME);
    insta::assert_snapshot!(output.stderr, @"
    warning: the licence `Apache 2.0` is no SPDX expression and becomes the older field `License`
    hint: write it like `Apache-2.0`, or like `MIT AND BSD-3-Clause`
    ");
    assert!(dist_info(&path).contains("\nLicense: Apache 2.0\n"));
}
