//! Parses the output of `readelf`.

use std::path::Path;

use wheelworks::elf::ElfFacts;

use crate::support::command::TestDir;

/// Versions of one library, each with its undefined symbols.
type Versions = Vec<(String, Vec<String>)>;

/// The facts that `readelf` prints, in a form for comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ReadelfFacts {
    interpreter: Option<String>,
    soname: Option<String>,
    needed: Vec<String>,
    rpath: Option<String>,
    runpath: Option<String>,
    verneed: Vec<(String, Versions)>,
    verdef: Vec<String>,
    /// The number of undefined names that are not weak.
    undefined: usize,
    entry_points: Vec<String>,
    executable_stack: bool,
    text_relocations: bool,
    build_id: Option<String>,
    isa_needed: Option<String>,
}

impl ReadelfFacts {
    /// Converts facts for comparison.
    pub(super) fn of(facts: &ElfFacts) -> Self {
        let facts = facts.clone();
        let versions = facts.verneed.into_iter().map(|library| {
            let versions = library.versions.into_iter().map(|it| (it.name, it.symbols)).collect();
            (library.library, versions)
        });
        Self {
            interpreter: facts.interpreter,
            soname: facts.soname,
            needed: facts.needed,
            rpath: facts.rpath,
            runpath: facts.runpath,
            verneed: versions.collect(),
            verdef: facts.verdef,
            undefined: facts.undefined.len(),
            entry_points: facts.entry_points,
            executable_stack: facts.executable_stack,
            text_relocations: facts.text_relocations,
            build_id: facts.build_id.map(|id| hex(&id)),
            isa_needed: facts.isa_needed.map(|level| format!("x86-64-{level:?}").to_lowercase()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Runs `readelf`. Returns its facts, and the undefined names that are not weak.
pub(super) fn run_readelf(dir: &TestDir, path: &Path) -> (ReadelfFacts, Vec<String>) {
    let arguments = ["-W", "-l", "-d", "-V", "-n", "--dyn-syms", path.to_str().unwrap()];
    let output = dir.command("readelf", &arguments).env("LC_ALL", "C").expect(0).stdout;
    let mut said = ReadelfFacts::default();
    // Version indices, with indices of library and version in `verneed`.
    let mut numbers: Vec<(String, usize, usize)> = Vec::new();
    let mut symbols = Vec::new();
    for line in output.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let bracketed = || Some(line.split_once('[')?.1.strip_suffix(']')?.to_owned());
        if line.starts_with("[Requesting program interpreter: ") {
            said.interpreter =
                line.split_once(": ").map(|it| it.1.trim_end_matches(']').to_owned());
        } else if line.contains("Shared library: [") {
            said.needed.extend(bracketed());
        } else if line.contains("Library soname: [") {
            said.soname = bracketed();
        } else if line.contains("Library rpath: [") {
            said.rpath = bracketed();
        } else if line.contains("Library runpath: [") {
            said.runpath = bracketed();
        } else if line.contains("(TEXTREL)") || line.contains("(FLAGS)") {
            said.text_relocations |= words.iter().any(|word| word.contains("TEXTREL"));
        } else if words.first() == Some(&"GNU_STACK") {
            said.executable_stack = words[words.len() - 2].contains('E');
        } else if let Some((_, id)) = line.split_once("Build ID: ") {
            said.build_id = Some(id.to_owned());
        } else if let Some((_, levels)) = line.split_once("x86 ISA needed: ") {
            let level = levels.split(", ").last().filter(|&level| level != "x86-64-baseline");
            said.isa_needed = level.map(str::to_owned);
        } else if words.len() > 6 && words[1] == "Version:" && words[3] == "File:" {
            said.verneed.push((words[4].to_owned(), Vec::new()));
        } else if words.len() > 6 && words[1] == "Name:" && words[5] == "Version:" {
            let library = said.verneed.len() - 1;
            let versions = &mut said.verneed[library].1;
            numbers.push((format!("({})", words[6]), library, versions.len()));
            versions.push((words[2].to_owned(), Vec::new()));
        } else if words.len() > 8 && words[1] == "Rev:" && words[4] != "BASE" {
            said.verdef.push(words[words.len() - 1].to_owned());
        } else if words.len() > 7 && words[0].ends_with(':') && words[5] == "DEFAULT" {
            symbols.push(words.iter().map(|&word| word.to_owned()).collect());
        }
    }
    let undefined = said.add_symbols(&symbols, &numbers);
    (said, undefined)
}

impl ReadelfFacts {
    /// Adds the lines of the symbol table, each as words. Returns the undefined names.
    fn add_symbols(
        &mut self,
        lines: &[Vec<String>],
        numbers: &[(String, usize, usize)],
    ) -> Vec<String> {
        let mut undefined = Vec::new();
        for words in lines {
            let name = words[7].split('@').next().unwrap().to_owned();
            let is_entry_point =
                ["init", "PyInit_", "_cffi_pypyinit_"].iter().any(|it| name.starts_with(it));
            if words[6] != "UND" {
                if words[3] == "FUNC" && is_entry_point {
                    self.entry_points.push(name);
                }
                continue;
            }
            let number =
                words.get(8).and_then(|it| numbers.iter().find(|(number, ..)| number == it));
            if let Some(&(_, library, version)) = number {
                self.verneed[library].1[version].1.push(name.clone());
            }
            if words[4] != "WEAK" {
                undefined.push(name);
            }
        }
        self.undefined = undefined.len();
        undefined
    }
}
