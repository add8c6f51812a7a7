//! The pages of `inspect`, `diff` and `closure`: used in a real browser, and compared with the JSON.
//!
//! `scripts/browser-env` installs Chromium and downloads axe-core once, so these tests run on request:
//! `cargo test page -- --include-ignored`.

use serde_json::Value;

use crate::device_code::crafted::{cubin, entry, fat_binary, library};
use crate::judges::script;
use crate::real::fetch;
use crate::support::command::TestDir;
use crate::support::sample::{noise, text};
use crate::support::wheel::Wheel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const OLD: &str = "code-1.0-py3-none-linux_x86_64.whl";
const NEW: &str = "code-1.1-py3-none-linux_x86_64.whl";

/// Names that are HTML or JavaScript, or that mislead.
const HOSTILE: [&str; 8] = [
    "code/<img src=x onerror=hacked=1>",
    "code/</script><script>hacked=1</script>",
    "code/<!--<script>",
    "code/line\u{2028}break",
    "code/evil\u{202e}cod.exe",
    "code/__proto__",
    "code/constructor/'\"&amp;<b>b</b>",
    "code/{{data}}",
];

/// Returns a wheel with hostile names, and with a library that has device code and debug information.
fn sample(dir: &TestDir, name: &str, is_new: bool) -> Wheel {
    let cubins = |sm: u8, seed: u64| entry(2, sm.into(), 0x11, &cubin(sm, &noise(90_000, seed)), 0);
    let mut entries = vec![cubins(80, 1), cubins(90, 2)];
    entries.push(entry(1, 90, 0x11, &noise(30_000, 3), 0));
    if is_new {
        entries.push(cubins(120, 4));
    }
    let sections = [(".rodata", noise(60_000, 5)), (".nv_fatbin", fat_binary(&entries))];
    library(dir, "lib.so", &sections);
    let mut wheel = Wheel::new(name);
    wheel
        .member("code/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap())
        .member("code/__init__.py", "VALUE = 1\n".repeat(400))
        .member("code/data.bin", text(20_000, 1))
        .member("code/copy/data.bin", text(20_000, 1))
        .member("code/empty.txt", "");
    // A library that has another name in the new wheel.
    library(dir, "x.so", &[(".rodata", noise(9000, 6 + u64::from(is_new)))]);
    let versioned = format!("code/libx.so.1.{}", u8::from(is_new));
    wheel.member(&versioned, fs_err::read(dir.path().join("x.so")).unwrap());
    for (number, name) in HOSTILE.iter().enumerate() {
        wheel.member(name, text(300, number as u64));
    }
    if is_new {
        wheel.member("code/more.bin", text(9000, 2)).member("code/fresh/a.bin", text(900, 3));
    } else {
        wheel.member("code/gone.bin", text(9000, 4));
    }
    wheel
}

/// Returns the data of a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Fails unless every field of `json` is in `page`. The page adds fields.
fn assert_has(page: &Value, json: &Value, path: &str) {
    match (page, json) {
        (Value::Object(page), Value::Object(json)) => {
            for (name, value) in json {
                let path = format!("{path}.{name}");
                assert_has(page.get(name).unwrap_or_else(|| panic!("no {path}")), value, &path);
            }
        }
        (Value::Array(page), Value::Array(json)) => {
            assert_eq!(page.len(), json.len(), "{path}");
            for (page, json) in page.iter().zip(json) {
                assert_has(page, json, path);
            }
        }
        _ => assert_eq!(page, json, "{path}"),
    }
}

#[test]
fn the_data_of_a_page_is_the_json() {
    let dir = TestDir::new();
    sample(&dir, OLD, false).write(dir.path());
    sample(&dir, NEW, true).write(dir.path());
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&dir.wheelworks(arguments).expect(0).stdout).unwrap()
    };
    let options = ["inspect", "--policies", "--by=kernel", OLD];
    let page = dir.wheelworks(&[&options[..], &["--report=html"]].concat()).expect(0).stdout;
    assert!(page.starts_with("<!doctype html>\n"), "{}", &page[..60]);
    assert_eq!(page.matches("<script").count(), 1 + page.matches("</script>").count() - 1);
    let found = data(&page);
    assert_has(&found, &json(&[&options[..], &["--report=json"]].concat()), "");
    let wheel = &found["wheels"][0];
    assert_eq!(wheel["other_members"], Value::Array(Vec::new()));
    assert_eq!(wheel["audit"]["policies"][0]["name"], "linux_x86_64");
    // Device code is in the section that holds it.
    let sections = wheel["libraries"][0]["sections"].as_array().unwrap();
    let fatbin = sections.iter().find(|it| it["name"] == ".nv_fatbin").unwrap();
    assert_eq!(fatbin["architectures"], wheel["device_code"]["architectures"]);
    assert!(sections.iter().all(|it| it["name"] == ".nv_fatbin" || it["architectures"].is_null()));

    let page = dir.wheelworks(&["diff", "--report=html", "-o", "page.html", OLD, NEW]).expect(0);
    assert_eq!(page.stdout, "");
    let page = fs_err::read_to_string(dir.path().join("page.html")).unwrap();
    assert_has(&data(&page), &json(&["diff", "--report=json", OLD, NEW]), "");
    let names = data(&page);
    let of_side = |at: usize| names["wheels"][at]["wheel"].as_str().unwrap().to_owned();
    assert_eq!([of_side(0), of_side(1)], [OLD, NEW]);
}

/// The matrix of `--policies` has the verdict of `audit`, and its obstacles.
#[test]
fn policies_are_those_of_audit() {
    let dir = TestDir::new();
    library(&dir, "lib.so", &[(".rodata", noise(5000, 1))]);
    dir.wheelworks(&["patchelf", "--add-needed", "libodd.so.1", "lib.so"]).expect(0);
    let mut wheel = Wheel::new(OLD);
    wheel.member("code/lib.so", fs_err::read(dir.path().join("lib.so")).unwrap());
    wheel.write(dir.path());
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&dir.wheelworks(arguments).expect(0).stdout).unwrap()
    };
    let said = json(&["audit", "--no-host", "--report=json", OLD]);
    let verdict = &said["wheels"][0]["verdict"];
    let said = json(&["inspect", "--policies", "--report=json", OLD]);
    let audit = &said["wheels"][0]["audit"];
    assert_eq!(audit["tag"], verdict["overall_tag"]);
    let upgrades = verdict["policy_upgrades"].as_object().unwrap();
    assert!(upgrades.len() > 10, "{verdict:#}");
    let rows = audit["policies"].as_array().unwrap();
    for row in rows {
        let name = row["name"].as_str().unwrap();
        assert_eq!(row["met"], name == "linux_x86_64", "{name}");
        let missing = upgrades
            .get(name)
            .map_or(Value::Array(Vec::new()), |upgrade| upgrade["libs_to_eliminate"].clone());
        assert_eq!(row["external_libraries"], missing, "{name}");
    }
    assert_eq!(rows.len(), upgrades.len() + 1);
    let text = dir.wheelworks(&["inspect", "--policies", OLD]).expect(0).stdout;
    let table: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("platform policies")).collect();
    assert_eq!(table.len(), rows.len() + 1, "{text}");
    let last: Vec<&str> = table[rows.len()].split_whitespace().collect();
    assert_eq!(last, ["linux_x86_64", "yes", "yes", "0", "yes"], "{text}");
}

/// Of a wheel with more files than a page lists, the rest is summed up, and nothing is lost.
#[test]
fn a_page_of_many_files_is_short() {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(OLD);
    for number in 0..9000_u32 {
        let long = "long".repeat(number as usize % 60);
        let path = format!("code/{}/{}/{long}{number}.txt", number % 7, number % 900);
        wheel.member(&path, text(number as usize % 97, 1));
    }
    wheel.write(dir.path());
    for arguments in [&["inspect", OLD][..], &["diff", OLD, OLD]] {
        let page = dir.wheelworks(&[arguments, &["--report=html"]].concat()).patience(3);
        let page = page.expect(0).stdout;
        assert!(page.len() < 2_000_000, "{} bytes", page.len());
        for wheel in data(&page)["wheels"].as_array().unwrap() {
            let sum = |list: &str, field: &str| -> u64 {
                wheel[list].as_array().unwrap().iter().map(|it| it[field].as_u64().unwrap()).sum()
            };
            for field in ["content", "compressed"] {
                let listed = sum("members", field) + sum("other_members", field);
                assert_eq!(listed, wheel["total"][field].as_u64().unwrap(), "{field}");
            }
            let members = wheel["members"].as_array().unwrap().len() as u64;
            assert_eq!(members + sum("other_members", "members"), 9003);
            assert!((1000..=3000).contains(&members), "{members}");
            assert!(wheel["other_members"].as_array().unwrap().len() <= 300);
        }
    }
}

/// Writes two wheels: a library of one needs one of the other, and one that no wheel has.
fn closure_wheels(dir: &TestDir) -> [&'static str; 2] {
    const USER: &str = "user-1.0-py3-none-linux_x86_64.whl";
    const PROVIDER: &str = "provider-1.0-py3-none-linux_x86_64.whl";
    let gcc = |arguments: &[&str]| {
        let options = ["-shared", "-fPIC", "-nostdlib", "-Wl,--no-as-needed"];
        dir.command("gcc", &[&options[..], arguments].concat()).expect(0);
    };
    // An extension module: what is missing of a plug-in is a warning only.
    dir.write("empty.c", "").write("user.c", "void *PyInit_user(void) { return 0; }");
    gcc(&["empty.c", "-o", "libgone.so"]);
    gcc(&["empty.c", "-o", "libprovider.so"]);
    gcc(&[
        "user.c",
        "libprovider.so",
        "libgone.so",
        "-Wl,-rpath,$ORIGIN/../provider",
        "-o",
        "libuser.so",
    ]);
    for (name, member) in [(USER, "user/libuser.so"), (PROVIDER, "provider/libprovider.so")] {
        let file = member.rsplit('/').next().unwrap();
        let mut wheel = Wheel::new(name);
        wheel.member(member, fs_err::read(dir.path().join(file)).unwrap());
        wheel.member("empty/<b>x</b>", name).write(dir.path());
    }
    [USER, PROVIDER]
}

/// The page of `closure` has the data of its JSON, and the links between libraries.
#[test]
fn the_page_of_a_closure_has_its_links() {
    let dir = TestDir::new();
    let wheels = closure_wheels(&dir);
    let run = |form: &str| {
        let arguments = ["closure", form, wheels[0], wheels[1]];
        dir.wheelworks(&arguments).expect(1).stdout
    };
    let json: Value = serde_json::from_str(&run("--report=json")).unwrap();
    let page = data(&run("--report=html"));
    for key in ["environment", "problems", "unresolved", "not_looked_at"] {
        assert_eq!(page[key], json[key], "{key}");
    }
    assert_has(&page["wheels"], &json["wheels"], "wheels");
    let place = |at: &Value| {
        let library = &page["libraries"][usize::try_from(at.as_u64().unwrap()).unwrap()];
        library["path"].as_str().unwrap().to_owned()
    };
    let [link] = page["links"].as_array().unwrap().as_slice() else { panic!("{page:#}") };
    let ends = [place(&link["from"]), place(&link["to"])];
    assert_eq!(ends, ["user/libuser.so", "provider/libprovider.so"]);
    assert_eq!([&link["name"], &link["by"]], ["libprovider.so", "runpath"]);
    let [missing] = page["missing"].as_array().unwrap().as_slice() else { panic!("{page:#}") };
    assert_eq!(
        (place(&missing["from"]).as_str(), &missing["name"]),
        ("user/libuser.so", &Value::from("libgone.so"))
    );
}

/// Returns the path of the browser, and that of the wheel with axe-core.
pub(crate) fn browser(dir: &TestDir) -> (String, String) {
    let made = dir.command(format!("{ROOT}/scripts/browser-env"), &[""; 0]).patience(10).expect(0);
    let (browser, axe) = made.stdout.trim().split_once('\n').unwrap();
    (browser.to_owned(), axe.to_owned())
}

#[test]
#[ignore = "needs the network, once"]
fn pages_work_in_a_browser() {
    let dir = TestDir::new();
    sample(&dir, OLD, false).write(dir.path());
    sample(&dir, NEW, true).write(dir.path());
    dir.write("damaged-1.0-py3-none-any.whl", "no archive");
    let write = |page: &str, arguments: &[&str], exit_code| {
        let output = format!("--output={page}");
        dir.wheelworks(&[arguments, &["--report=html", &output]].concat()).expect(exit_code);
    };
    write("inspect.html", &["inspect", "--policies", "--by=kernel", OLD], 0);
    write("diff.html", &["diff", OLD, NEW], 0);
    write("several.html", &["inspect", OLD, NEW, "damaged-1.0-py3-none-any.whl"], 2);
    let wheels = closure_wheels(&dir);
    write("closure.html", &["closure", wheels[0], wheels[1]], 1);
    let (browser, axe) = browser(&dir);
    let passed = script(&dir, "page.py", &[&browser, &axe, "."]).patience(9).expect(0).stdout;
    assert_eq!(passed.lines().count(), 12, "{passed}");
}

#[test]
#[ignore = "needs the network, once"]
fn advice_and_what_if_are_on_the_page() {
    let dir = TestDir::new();
    let code = |sm: u8, len| entry(2, sm.into(), 0x11, &cubin(sm, &noise(len, 1)), 0);
    let ptx = || entry(1, 90, 0x11, &noise(30_000, 3), 0);
    let mut wheel = Wheel::new(OLD);
    wheel.member("code/raw.fatbin", fat_binary(&[code(80, 2 << 20), code(90, 1 << 20), ptx()]));
    wheel.member("code/few.fatbin", fat_binary(&[code(90, 999), ptx()]));
    wheel.member("code/old.fatbin", fat_binary(&[code(80, 999)]));
    wheel.write(dir.path());
    let arguments = ["inspect", "--report=html", "--output=page.html", "--drop=sm_80", OLD];
    dir.wheelworks(&arguments).expect(0);
    let (browser, _) = browser(&dir);
    let arguments = [browser.as_str(), "page.html", "Files with advice"];
    let said = script(&dir, "page_tables.py", &arguments).patience(9).expect(0).stdout;
    let said: Value = serde_json::from_str(&said).unwrap();
    let rows: Vec<[&str; 2]> = said["tables"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| [row[0].as_str().unwrap(), row[1].as_str().unwrap()])
        .collect();
    assert_eq!(rows, [["code/old.fatbin", "sm_80"], ["code/raw.fatbin", "–"]], "{said:#}");
    let facts = said["facts"].as_array().unwrap();
    let what_if = facts.iter().find(|fact| fact[0] == "Without sm_80").unwrap();
    assert!(what_if[1].as_str().unwrap().contains(" less, estimated"), "{what_if}");
}

/// Of 100,000 files the page is as short as of 9,000, and the treemap answers.
#[test]
#[ignore = "needs the network, once"]
fn the_page_of_very_many_files_works_in_a_browser() {
    let dir = TestDir::new();
    let mut wheel = Wheel::new(OLD);
    for number in 0..100_000_u32 {
        let path = format!("code/{}/{}/module_{number}.py", number % 37, number % 1900);
        wheel.member(&path, text(number as usize % 89, 1));
    }
    wheel.write(dir.path());
    let arguments = ["inspect", "--report=html", "--output=many.html", OLD];
    dir.wheelworks(&arguments).patience(9).expect(0);
    let page = fs_err::read(dir.path().join("many.html")).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let (browser, _) = browser(&dir);
    script(&dir, "page_of_many.py", &[&browser, "many.html"]).patience(9).expect(0);
}

/// The largest wheel that tests read: 12,415 files, 13 architectures.
#[test]
#[ignore = "needs the network, once"]
fn the_page_of_torch_is_short() {
    let dir = TestDir::new();
    let wheel = fetch(&dir, "torch");
    let page = dir.wheelworks(&["inspect", "--report=html", "--policies", &wheel]).patience(9);
    let page = page.expect(0).stdout;
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert_eq!(data(&page)["wheels"][0]["device_code"]["libraries"].as_array().unwrap().len(), 3);
}
