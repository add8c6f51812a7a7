//! Extreme times of files and of `SOURCE_DATE_EPOCH`. wheelworks reads the system's clock only for the age of
//! files, and a test can stop that clock.

use std::time::{Duration, SystemTime};

use fs_err::File;

use super::{WHEEL, as_strs, pack_into, right_wheel, sources, worker_in};
use crate::support::command::TestDir;
use crate::support::messages::Request;

/// Seconds since 1970: the limits of the timestamps of FAT, ZIP, ext4, and of 32-bit and 64-bit Unix.
const TIMES: [i64; 9] = [
    -2_147_483_648,
    -1,
    0,
    315_532_799,
    4_354_819_199,
    4_354_819_200,
    4_294_967_296,
    15_032_385_535,
    1 << 33,
];

fn set_time(path: &std::path::Path, seconds: i64) {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    };
    File::open(path).unwrap().set_modified(time).unwrap();
}

/// The cache stores the time of each use as a modification time, so the test sets the times of its files too.
#[test]
fn files_of_any_time() {
    let dir = TestDir::new();
    sources(&dir);
    let right = right_wheel(&dir);
    fs_err::create_dir(dir.path().join("out")).unwrap();
    let wheel = dir.path().join("out").join(WHEEL);
    for seconds in TIMES {
        for root in ["in", "cache"] {
            for entry in walkdir::WalkDir::new(dir.path().join(root)).into_iter().flatten() {
                set_time(entry.path(), seconds);
            }
        }
        let mut arguments = pack_into("out");
        dir.wheelworks(&as_strs(&arguments)).expect(0);
        assert!(fs_err::read(&wheel).unwrap() == right, "{seconds}");
        let cache = ["--cache-dir=cache", "--cache-dir-size=3MB"];
        let mut worker = worker_in(&dir, &cache);
        for _ in 0..2 {
            fs_err::remove_file(&wheel).unwrap();
            let response = worker.ask(&Request::new(1, &as_strs(&arguments)));
            assert_eq!(response.exit_code, 0, "{seconds}: {}", response.output);
            assert!(fs_err::read(&wheel).unwrap() == right, "{seconds}");
        }
        arguments.push("--json".to_owned());
        dir.wheelworks(&[&cache[..], &as_strs(&arguments)].concat()).expect(0);
        assert!(fs_err::read(&wheel).unwrap() == right, "{seconds}");
    }
}

/// A source distribution can hold any time from 1970 on. Python reads the times back.
#[test]
fn source_distributions_of_any_time() {
    let dir = TestDir::new();
    sources(&dir);
    let mut arguments = pack_into("out");
    "sdist".clone_into(&mut arguments[0]);
    "--out=p-1.0.tar.gz".clone_into(&mut arguments[3]);
    for (epoch, expected) in [
        ("-1", 0),
        ("0", 0),
        ("4354819200", 4_354_819_200),
        ("8589934592", 8_589_934_592),
        ("253402300800", 253_402_300_800_i64),
    ] {
        dir.wheelworks(&as_strs(&arguments)).env("SOURCE_DATE_EPOCH", epoch).expect(0);
        let script =
            "import tarfile; t = tarfile.open('p-1.0.tar.gz'); print({m.mtime for m in t})";
        let said = dir.command("python3", &["-c", script]).expect(0).stdout;
        assert_eq!(said, format!("{{{expected}}}\n"), "{epoch}");
    }
}
