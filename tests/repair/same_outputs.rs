//! Wheels that would become one file are refused before anything is written.

use super::shape::{NAME, Shape};

#[test]
fn nothing_is_written_if_two_wheels_would_become_one() {
    let shape = Shape::USUAL;
    let dir = shape.build();
    let other = "more/pkg-1.0-cp38-abi3-manylinux_2_17_x86_64.whl";
    let first = "first/pkg-1.0-1-cp38-abi3-linux_x86_64.whl";
    let bytes = fs_err::read(dir.path().join(NAME)).unwrap();
    dir.write(other, &bytes).write(first, &bytes);
    let repair = |wheels: &[&str], code| {
        let arguments = ["repair", "--plat=manylinux_2_17_x86_64", "-w", "ours"];
        // `NAME` is added behind these.
        let command = dir.wheelworks(&[&arguments[..], wheels].concat());
        shape.command(&dir, command).expect(code)
    };
    for wheels in [[first, other], [other, first]] {
        let output = repair(&wheels, 2);
        let message = "expected another name for each new wheel, found \
                       `pkg-1.0-cp38-abi3-manylinux1_x86_64.manylinux2014_x86_64.\
                       manylinux_2_17_x86_64.manylinux_2_5_x86_64.whl` for both";
        assert!(output.stderr.contains(message), "{output:?}");
        assert!(!dir.path().join("ours").exists());
    }
    repair(&[first], 0);
    assert_eq!(fs_err::read_dir(dir.path().join("ours")).unwrap().count(), 2);
}
