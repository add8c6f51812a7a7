//! `wheelworks lddtree`: trees of single files, compared with auditwheel's.

use serde_json::Value;

use super::build::Built;
use super::fixture::{self, Fixture};
use super::verdicts::for_each;

/// Parses the JSON in auditwheel's log, from the first `{` on, and converts it to our form: names of
/// Python enums, and paths relative to the working directory, differ.
fn judged(stderr: &str) -> Option<Value> {
    let text = &stderr[stderr.find('{')?..];
    let mut tree: Value = serde_json::from_str(text).ok()?;
    tree["libc"] = enumerated(&tree["libc"]);
    platform(&mut tree["platform"]);
    for field in ["path", "realpath"] {
        absolute(&mut tree[field]);
    }
    for library in tree["libraries"].as_object_mut()?.values_mut() {
        platform(&mut library["platform"]);
        if let Some(path) = library["path"].as_str() {
            library["path"] = Value::from(path.replace("/./", "/"));
        }
    }
    Some(tree)
}

/// Converts `<Libc.GLIBC: 'glibc'>` to `glibc`.
fn enumerated(value: &Value) -> Value {
    value.as_str().and_then(|text| text.split('\'').nth(1)).map_or(Value::Null, Value::from)
}

fn absolute(path: &mut Value) {
    if let Some(relative) = path.as_str().filter(|path| !path.starts_with(['/', '{'])) {
        *path = Value::from(format!("{{DIR}}/{relative}"));
    }
}

/// Converts names of the System V ABI to numbers.
fn platform(value: &mut Value) {
    if value.is_null() {
        return;
    }
    let number = |field: &str, names: &[(&str, u64)]| {
        let name = value[field].as_str()?;
        names.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    };
    let os_abi = number(
        "_elf_osabi",
        &[("ELFOSABI_SYSV", 0), ("ELFOSABI_LINUX", 3), ("ELFOSABI_FREEBSD", 9)],
    );
    let machine = number(
        "_elf_machine",
        &[
            ("EM_386", 3),
            ("EM_ARM", 40),
            ("EM_X86_64", 62),
            ("EM_AARCH64", 183),
            ("EM_CUDA", 190),
            ("EM_RISCV", 243),
        ],
    );
    let is_unknown = value["_error_msg"] == "unknown x86_64 ISA";
    let isa = if is_unknown { "unknown".into() } else { enumerated(&value["_ext_arch"]) };
    *value = serde_json::json!({
        "os_abi": os_abi,
        "class": value["_elf_class"],
        "little_endian": value["_elf_little_endian"],
        "e_machine": machine,
        "architecture": enumerated(&value["_base_arch"]),
        "isa": isa,
    });
}

/// Fixtures with different trees.
const DIFFERING: [&str; 1] = [
    // An empty entry is the current directory, which differs between the tools.
    "rpath_empty_entry.c",
];

/// Compares the tree of each member with auditwheel's.
fn trees_agree(fixture: &Fixture, built: &Built) -> Vec<String> {
    if DIFFERING.contains(&fixture.name()) {
        return Vec::new();
    }
    built.unpack();
    let mut wrong = Vec::new();
    for (member, _) in &fixture.members {
        let theirs = built.judges_tree(fixture, member);
        let ours = built.ours_tree(fixture, &["--json"], member);
        let Some(theirs) = judged(&theirs.stderr).filter(|_| theirs.code == Some(0)) else {
            // Where auditwheel crashes, ours must refuse the file or succeed.
            if !matches!(ours.code, Some(0 | 2)) {
                wrong.push(format!("{member}: exit code {:?}\n{}", ours.code, ours.stderr));
            }
            continue;
        };
        if ours.json() != theirs {
            let (stdout, stderr) = (&ours.stdout, &ours.stderr);
            wrong.push(format!("{member}: ours\n{stdout}{stderr}\nthe judge's\n{theirs:#}"));
        }
    }
    wrong
}

#[test]
#[ignore = "needs the virtual environment of scripts/test-env"]
fn trees_agree_with_auditwheel() {
    for_each(trees_agree);
}

/// Returns a fixture by its name.
fn fixture(name: &str) -> Fixture {
    fixture::all().into_iter().find(|fixture| fixture.name() == format!("{name}.c")).unwrap()
}

#[test]
fn a_readable_tree() {
    let fixture = fixture("symbols_of_a_graft");
    let built = Built::new(&fixture).unwrap();
    built.unpack();
    let said = built.ours_tree(&fixture, &["--ldpaths={DIR}/host"], "pkg/_ext.so");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"
    {DIR}/pkg/_ext.so
      libc.so.6 => not found
      libgraft.so.1 => {DIR}/host/libgraft.so.1
        libc.so.6 => not found
    ");
}

#[test]
fn a_tree_with_a_cycle() {
    let fixture = fixture("cycle");
    let built = Built::new(&fixture).unwrap();
    built.unpack();
    let said = built.ours_tree(&fixture, &["--ldpaths="], "pkg/_ext.so");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"
    {DIR}/pkg/_ext.so
      libc.so.6 => not found
      liba.so => {DIR}/pkg/liba.so
        libc.so.6 => not found
        libb.so => {DIR}/pkg/libb.so
          libc.so.6 => not found
          liba.so => {DIR}/pkg/liba.so
    ");
}

#[test]
fn a_wheel_has_one_tree_per_file() {
    let fixture = fixture("two_trees");
    let built = Built::new(&fixture).unwrap();
    let said = built.ours_tree(&fixture, &["--ldpaths="], &fixture.wheel);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    insta::assert_snapshot!(said.stdout, @"
    one/_ext.so
      libc.so.6 => not found
      libdep.so.1 => one/libdep.so.1
        libc.so.6 => not found

    one/libdep.so.1
      libc.so.6 => not found

    two/_ext.so
      libc.so.6 => not found
      libdep.so.1 => not found
    ");
}

/// The loader looks where files are once installed, not where they are in the archive.
#[test]
fn a_wheel_is_shown_as_installed() {
    let shown = |name: &str, more: &[&str]| {
        let fixture = fixture(name);
        let built = Built::new(&fixture).unwrap();
        let said = built.ours_tree(&fixture, &[&["--no-host"], more].concat(), &fixture.wheel);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stdout
    };
    let archive = ["--layout=archive"];
    insta::assert_snapshot!(shown("installed_script_found", &[]), @"
    lib/python3.12/site-packages/installed_script_found.libs/libdep_of_wheelworks.so.1
      libc.so.6 => not found

    bin/tool
      libc.so.6 => not found
      libdep_of_wheelworks.so.1 => lib/python3.12/site-packages/installed_script_found.libs/libdep_of_wheelworks.so.1
        libc.so.6 => not found
    ");
    insta::assert_snapshot!(shown("installed_script_found", &archive), @"
    installed_script_found.libs/libdep_of_wheelworks.so.1
      libc.so.6 => not found

    installed_script_found-1.0.data/scripts/tool
      libc.so.6 => not found
      libdep_of_wheelworks.so.1 => not found
    ");
    insta::assert_snapshot!(shown("installed_script_lost", &[]), @"
    lib/python3.12/site-packages/installed_script_lost.libs/libdep_of_wheelworks.so.1
      libc.so.6 => not found

    bin/tool
      libc.so.6 => not found
      libdep_of_wheelworks.so.1 => not found
    ");
    insta::assert_snapshot!(shown("installed_script_lost", &archive), @"
    installed_script_lost.libs/libdep_of_wheelworks.so.1
      libc.so.6 => not found

    installed_script_lost-1.0.data/scripts/tool
      libc.so.6 => not found
      libdep_of_wheelworks.so.1 => installed_script_lost.libs/libdep_of_wheelworks.so.1
        libc.so.6 => not found
    ");
    insta::assert_snapshot!(shown("installed_script_data", &[]), @"
    lib/libdep_of_wheelworks.so.1
      libc.so.6 => not found

    bin/tool
      libc.so.6 => not found
      libdep_of_wheelworks.so.1 => lib/libdep_of_wheelworks.so.1
        libc.so.6 => not found
    ");
    let value: Value =
        serde_json::from_str(&shown("installed_script_data", &["--report=json"])).unwrap();
    let tool = &value["files"][1];
    assert_eq!(tool["path"], "bin/tool", "{value:#}");
    assert_eq!(tool["member"], "installed_script_data-1.0.data/scripts/tool");
    let library = &tool["libraries"]["libdep_of_wheelworks.so.1"];
    assert_eq!(library["realpath"], "lib/libdep_of_wheelworks.so.1");
    // A wheel without a data directory is installed as it is.
    assert_eq!(shown("two_trees", &[]), shown("two_trees", &archive));
}

#[test]
fn files_without_a_tree() {
    let fixture = fixture("plain");
    let built = Built::new(&fixture).unwrap();
    fs_err::write(built.path().join("text"), "text").unwrap();
    fs_err::write(built.path().join("magic"), b"\x7FELF").unwrap();
    fs_err::create_dir(built.path().join("empty")).unwrap();
    let said = ["missing", "text", "magic", "/dev/null", "empty"].map(|name| {
        let said = built.ours_tree(&fixture, &[], name);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{name}");
        (name, said.stderr)
    });
    insta::assert_snapshot!(super::sample::transcript(said), @"
    # missing
    error: cannot read `missing`: No such file or directory (os error 2)
    hint: check the path; the folder must exist

    # text
    error: `text`: expected an ELF header at byte 0, found something else
    hint: it may have been cut short; build or copy it again

    # magic
    error: `magic`: expected an ELF header at byte 0, found something else
    hint: it may have been cut short; build or copy it again

    # /dev/null
    error: `/dev/null`: expected a regular file, found a special file
    hint: copy what it gives into a file

    # empty
    error: `empty`: expected one directory named `NAME-VERSION.dist-info`, found none
    hint: a wheel has the metadata of one distribution; is this a wheel?
    ");
}
