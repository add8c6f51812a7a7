//! The verdict and the required tags as text.

use std::fmt::Write as _;

use super::audited::{Audited, Judgement};
use super::system_tag::SystemTag;
use super::system_verdict::SystemVerdict;
use super::verdict::Verdict;
use crate::color::Paint;
use crate::escape::{escape_text, escape_truncated};
use crate::findings::report::TextStyle;

/// Writes the outcome of the audit.
pub(super) fn write_judgement(text: &mut String, audited: &Audited, style: TextStyle) {
    let TextStyle { paint, verbose, .. } = style;
    let name = escape_truncated(&audited.wheel);
    match &audited.judgement {
        Judgement::Verdict(verdict) => {
            render_verdict(text, &name, verdict, paint);
            render_provided(text, audited);
            if verbose {
                render_upgrades(text, verdict, paint);
            }
        }
        Judgement::Pure => {
            let _ = writeln!(
                text,
                "{} has no machine code, so it runs on any platform.",
                paint.bold(&name)
            );
        }
        Judgement::System(verdict) => {
            render_system(text, &name, verdict, paint);
            render_provided(text, audited);
        }
        Judgement::OtherPlatform(tags) if SystemTag::of_wheel(&as_strs(tags)).is_some() => {
            let tags = tags.join(", ");
            let _ = writeln!(
                text,
                "{} has no machine code for its platform, {tags}.",
                paint.bold(&name)
            );
        }
        Judgement::OtherPlatform(_) => {
            let _ = writeln!(
                text,
                "{} is for a system that no policy is for, so there is nothing to audit it by.",
                paint.bold(&name)
            );
        }
        Judgement::NoElf(problem) => {
            let _ = writeln!(text, "{problem}");
        }
    }
}

fn render_verdict(text: &mut String, name: &str, verdict: &Verdict, paint: Paint) {
    // Scripts of JAX and XLA search for this sentence, and tests of auditwheel for white space before it.
    let _ = writeln!(
        text,
        "\n{} is consistent with the following platform tag: \"{}\".",
        paint.bold(name),
        paint.bold(verdict.tag())
    );
    let _ = writeln!(text);
    for (holds, sentence) in [
        (
            verdict.uses_pyfpe,
            "It is made for a Python configured `--with-fpectl`, which no platform tag allows (PEP 513).",
        ),
        (
            verdict.uses_ucs2,
            "It is made for a Python with narrow Unicode (UCS-2), which no platform tag allows (PEP 513).",
        ),
        (
            verdict.has_unsupported_isa(),
            "It needs more than the baseline instruction set, which no platform tag allows.",
        ),
    ] {
        if holds {
            let _ = writeln!(text, "{sentence}");
        }
    }
    render_symbols(text, verdict);
    render_libraries(text, verdict);
}

fn as_strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

fn render_system(text: &mut String, name: &str, verdict: &SystemVerdict, paint: Paint) {
    let name = paint.bold(name);
    let _ = match verdict.tag() {
        Some(tag) => writeln!(
            text,
            "\n{name} is consistent with the following platform tag: \"{}\".\n",
            paint.bold(tag)
        ),
        None => {
            writeln!(text, "\n{name} is consistent with no platform tag of {}.\n", verdict.system)
        }
    };
    let cpu = |(cpu, version): &(String, Option<String>)| match version {
        Some(version) => format!("{cpu} ({} {version} or later)", verdict.system),
        None => cpu.clone(),
    };
    let cpus: Vec<String> = verdict.cpus.iter().map(cpu).collect();
    let cpus = if cpus.is_empty() { "no common CPU".to_owned() } else { cpus.join(", ") };
    let _ = writeln!(text, "Its machine code is for {cpus}.");
    if verdict.outside.is_empty() {
        let _ = writeln!(text, "It needs no external libraries.");
        return;
    }
    let _ = writeln!(
        text,
        "It needs these external libraries, which {} does not have:",
        verdict.system
    );
    for (library, files) in &verdict.outside {
        let first = files.first().map_or("", String::as_str);
        let more =
            if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
        let _ = writeln!(text, "  {} (for {}{more})", escape_text(library), escape_text(first));
    }
}

fn render_provided(text: &mut String, audited: &Audited) {
    if audited.provided.is_empty() {
        return;
    }
    let _ = writeln!(text, "Other wheels bring these libraries that it needs:");
    for (soname, provider) in &audited.provided {
        let _ = writeln!(text, "  {} ({})", escape_text(soname), escape_text(provider));
    }
}

fn render_symbols(text: &mut String, verdict: &Verdict) {
    if verdict.versioned_symbols.is_empty() {
        let _ = writeln!(text, "It needs no versioned symbols of system libraries.");
        return;
    }
    let _ = writeln!(text, "It needs these symbol versions of system libraries:");
    for (library, versions) in &verdict.versioned_symbols {
        let mut versions: Vec<&str> = versions.iter().map(String::as_str).collect();
        versions.sort_by_key(|version| in_order(version));
        let _ = writeln!(text, "  {}: {}", escape_text(library), escape_text(&versions.join(", ")));
    }
    if verdict.symbols + 1 < verdict.externals.len() {
        let _ = writeln!(
            text,
            "They allow \"{}\" at most; for a more compatible tag, build it on a system with older libraries.",
            verdict.policy(verdict.symbols).name
        );
    }
}

/// Returns a sort key by which `GLIBC_2.9` is before `GLIBC_2.14`.
pub(super) fn in_order(version: &str) -> (&str, Vec<u64>) {
    let (name, numbers) = version.rsplit_once('_').unwrap_or((version, ""));
    (name, numbers.split('.').map(|number| number.parse().unwrap_or(0)).collect())
}

fn render_libraries(text: &mut String, verdict: &Verdict) {
    let libraries = verdict.externals.get(1).map(|externals| &externals.libraries);
    let Some(libraries) = libraries.filter(|libraries| !libraries.is_empty()) else {
        let _ = writeln!(text, "It needs no external libraries.");
        return;
    };
    let _ = writeln!(text, "It needs these external libraries, which no platform tag promises:");
    for (soname, location) in libraries {
        match location {
            Some(location) => {
                writeln!(
                    text,
                    "  {} (here: {})",
                    escape_text(soname),
                    escape_text(&location.to_string())
                )
            }
            None => writeln!(text, "  {} (not found)", escape_text(soname)),
        }
        .unwrap_or_default();
    }
}

fn render_upgrades(text: &mut String, verdict: &Verdict, paint: Paint) {
    for (policy, externals) in verdict.above() {
        if externals.libraries.is_empty() && externals.blacklisted.is_empty() {
            continue;
        }
        let _ =
            writeln!(text, "\nFor \"{}\" it would have to do without", paint.bold(&policy.name));
        if !externals.libraries.is_empty() {
            let libraries: Vec<&str> = externals.libraries.keys().map(String::as_str).collect();
            let _ = writeln!(text, "  the libraries {}", escape_text(&libraries.join(", ")));
        }
        for (library, symbols) in &externals.blacklisted {
            let symbols: Vec<&str> = symbols.iter().map(String::as_str).collect();
            let _ = writeln!(
                text,
                "  of {} the symbols {}",
                escape_text(library),
                escape_text(&symbols.join(", "))
            );
        }
    }
}

/// Writes whether the required tags are met, if any are required, and which cannot be judged.
pub(super) fn write_requirement(text: &mut String, audited: &Audited, paint: Paint) {
    let tags = escape_text(&audited.required.join(", "));
    let errors = audited.errors_about_tags();
    let _ = match (audited.met, errors) {
        (Some(true), 0) => writeln!(text, "\n{} required: {tags}", paint.green("ok")),
        (Some(_), _) => {
            writeln!(text, "\n{} required: {tags}; errors: {errors}", paint.red("error"))
        }
        (None, _) => Ok(()),
    };
    if !audited.not_judged.is_empty() {
        let tags = escape_text(&audited.not_judged.join(", "));
        let _ = writeln!(text, "\nnot judged: {tags}, for which there are no policies");
    }
}
