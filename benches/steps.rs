//! Criterion benchmarks of the steps of a pack.
//!
//! `cargo bench --bench steps`, or with `-- --quick` for rough figures in less than a minute.
//! The inputs are synthetic, from `data`. Whole wheels of real libraries are in `benches/whole`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot set itself up has no result")]

mod data;

use std::ffi::OsString;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use libdeflater::{CompressionLvl, Compressor};
use sha2::{Digest as _, Sha256};
use wheelworks::color::Terminal;
use wheelworks::command::{self, Context};
use wheelworks::common_arguments::CommonArguments;
use wheelworks::context::{InputDigests, Streams};
use wheelworks::deflate::{ContentKind, Deflater, Level, Position, cut};
use wheelworks::env::Environment;
use wheelworks::error::ExitCode;
use wheelworks::exec::CancelFlag;
use wheelworks::flagfile;
use wheelworks::metrics::RequestMetrics;
use wheelworks::progress::Progress;
use wheelworks::warm::Cache;
use wheelworks::wheel::{MetadataHeaders, Record, RecordRow, Sha256Digest};

const MIB: usize = 1 << 20;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    deflate(&mut criterion);
    streams(&mut criterion);
    files_of_dist_info(&mut criterion);
    arguments(&mut criterion);
    packs(&mut criterion);
    criterion.final_summary();
}

/// Compresses one chunk of 512 KiB: with its verification, and without. The difference is the cost of the
/// verification, which includes the search for the last block.
fn deflate(criterion: &mut Criterion) {
    let chunk = data::library(MIB / 2);
    let mut group = criterion.benchmark_group("deflate");
    group.throughput(Throughput::Bytes(chunk.len() as u64));
    for number in [1, 6, 9] {
        let mut deflater = Deflater::new(Level::new(number).unwrap());
        for (name, position) in [("inner", Position::Inner), ("last", Position::Last)] {
            group.bench_function(BenchmarkId::new(name, number), |bencher| {
                bencher.iter(|| {
                    deflater.compress(black_box(&chunk), position, ContentKind::Code).unwrap()
                });
            });
        }
        let mut compressor = Compressor::new(CompressionLvl::new(number.into()).unwrap());
        let mut output = vec![0; compressor.deflate_compress_bound(chunk.len())];
        group.bench_function(BenchmarkId::new("unchecked", number), |bencher| {
            bencher.iter(|| compressor.deflate_compress(black_box(&chunk), &mut output).unwrap());
        });
    }
    group.finish();
}

/// The other steps that read each byte.
fn streams(criterion: &mut Criterion) {
    let stream = data::library(16 * MIB);
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Bytes(stream.len() as u64));
    group.bench_function("cut", |bencher| {
        bencher.iter(|| cut(black_box(&stream)).count());
    });
    group.bench_function("sha256", |bencher| {
        bencher.iter(|| Sha256::digest(black_box(&stream)));
    });
    group.bench_function("crc32", |bencher| {
        bencher.iter(|| crc32fast::hash(black_box(&stream)));
    });
    group.finish();
}

/// RECORD of a wheel with as many members as tensorflow, and METADATA.
fn files_of_dist_info(criterion: &mut Criterion) {
    let row = |number| RecordRow {
        path: data::member_name(number).parse().unwrap(),
        digest: Sha256Digest(Sha256::digest(number.to_le_bytes()).into()),
        size: number as u64,
    };
    let rows: Vec<RecordRow> = (0..25_000).map(row).collect();
    let record = Record::new(rows.clone()).unwrap();
    let own = "package-1.0.dist-info/RECORD".parse().unwrap();
    let rendered = record.render(&own).unwrap();
    let mut group = criterion.benchmark_group("record_of_25k_rows");
    group.sample_size(20);
    group.bench_function("new", |bencher| {
        bencher.iter(|| Record::new(black_box(rows.clone())).unwrap());
    });
    group.bench_function("render", |bencher| {
        bencher.iter(|| black_box(&record).render(&own).unwrap());
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| Record::parse(black_box(&rendered)).unwrap());
    });
    group.finish();

    let metadata = data::metadata();
    criterion.bench_function("metadata/parse", |bencher| {
        bencher.iter(|| MetadataHeaders::parse(black_box(&metadata)).unwrap());
    });
}

/// Expands a flagfile of 20,000 and one of 100,000 members, and parses the command line.
fn arguments(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    for thousands in [20, 100] {
        let mut text = "pack\n--out=w.whl\n--distribution=d\n--version=1\n".to_owned();
        for number in 0..thousands * 1000 {
            let name = data::member_name(number);
            text.extend(["--member=", &name, "=bazel-out/k8-opt/bin/", &name, "\n"]);
        }
        fs_err::write(folder.path().join("flagfile"), &text).unwrap();
        let flagfile = || vec![OsString::from("@flagfile")];
        let parse = || command::parse(flagfile(), folder.path(), Terminal::default()).unwrap();
        let mut group = criterion.benchmark_group(format!("flagfile_of_{thousands}k_lines"));
        group.sample_size(10);
        group.bench_function("expand", |bencher| {
            bencher.iter(|| flagfile::expand(flagfile(), folder.path()).unwrap());
        });
        group.bench_function("expand_and_parse", |bencher| bencher.iter(parse));
        group.finish();
    }
}

/// Whole packs: many small members, and one large one.
fn packs(criterion: &mut Criterion) {
    let small = tempfile::tempdir().unwrap();
    write_tree(small.path(), |package| {
        for number in 0..5_000 {
            let path = package.join(format!("folder_{}/module_{number}.py", number % 50));
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, data::module(2_048, number)).unwrap();
        }
    });
    let large = tempfile::tempdir().unwrap();
    write_tree(large.path(), |package| {
        fs_err::create_dir_all(package).unwrap();
        fs_err::write(package.join("library.so"), data::library(64 * MIB)).unwrap();
    });
    let mut group = criterion.benchmark_group("pack");
    group.sample_size(10).measurement_time(Duration::from_secs(15));
    for level in [1, 6] {
        group.throughput(Throughput::Elements(5_000));
        group.bench_function(BenchmarkId::new("5000_of_2_KiB", level), |bencher| {
            bencher.iter(|| pack(small.path(), level));
        });
        group.throughput(Throughput::Bytes(64 * MIB as u64));
        group.bench_function(BenchmarkId::new("one_of_64_MiB", level), |bencher| {
            bencher.iter(|| pack(large.path(), level));
        });
    }
    group.finish();
}

/// Writes an unpacked wheel with a dist-info directory. `fill` writes its package.
fn write_tree(folder: &Path, fill: impl FnOnce(&Path)) {
    let tree = folder.join("tree");
    let dist_info = tree.join("package-1.0.dist-info");
    fs_err::create_dir_all(&dist_info).unwrap();
    let metadata = "Metadata-Version: 2.4\nName: package\nVersion: 1.0\n";
    fs_err::write(dist_info.join("METADATA"), metadata).unwrap();
    let wheel = "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: false\nTag: py3-none-any\n";
    fs_err::write(dist_info.join("WHEEL"), wheel).unwrap();
    fill(&tree.join("package"));
}

/// Runs `wheelworks pack` for the tree in `folder`, in this process, on two threads.
fn pack(folder: &Path, level: u8) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let context = Context {
        base_dir: folder,
        cancel: &CancelFlag::default(),
        pool: &pool,
        environment: &Environment::default(),
        cache: &Cache::off(),
        digests: &InputDigests::default(),
        streams: Streams::default(),
        common: CommonArguments::default(),
        progress: &Progress::hidden(),
        metrics: &RequestMetrics::default(),
        verbose: false,
    };
    let level = format!("--compression-level={level}");
    let arguments = ["pack", "tree", "--wheel-dir=.", &level].map(OsString::from);
    let invocation = command::parse(arguments.into(), folder, Terminal::default()).unwrap();
    let outcome = command::execute(invocation, &context);
    assert_eq!(outcome.exit_code, ExitCode::Done, "{}", outcome.stderr);
}
