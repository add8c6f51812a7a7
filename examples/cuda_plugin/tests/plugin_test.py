"""Runs on the wheel, with a GPU or without one."""

import unittest
from importlib.metadata import version
from pathlib import Path

import example_plugin


class PluginTest(unittest.TestCase):
    def test_the_wheel_is_imported(self) -> None:
        self.assertEqual(version("example-plugin-cuda13"), example_plugin.build_version())
        self.assertTrue(example_plugin.build_version().startswith(example_plugin.VERSION))
        libraries = [p.name for p in Path(example_plugin.__file__).parents[1].glob("example_plugin_cuda13.libs/*")]
        self.assertEqual(len(libraries), 1, libraries)
        self.assertTrue(libraries[0].startswith("libfp16"), libraries)

    def test_axpy(self) -> None:
        self.assertEqual(example_plugin.axpy(2.0, [1.0, 2.0], [0.5, 0.25]), [2.5, 4.25])
        self.assertEqual(example_plugin.axpy(2.0, [], []), [])
        with self.assertRaises(ValueError):
            example_plugin.axpy(1.0, [1.0], [])

    def test_the_cuda_runtime_is_loaded(self) -> None:
        self.assertGreaterEqual(example_plugin.device_count(), 0)
        self.assertIn("libcudart.so.13", Path("/proc/self/maps").read_text())

    def test_the_copied_library_is_used(self) -> None:
        self.assertEqual(example_plugin.to_half(1.0), 0x3C00)
        self.assertEqual(example_plugin.to_half(-2.5), 0xC100)


if __name__ == "__main__":
    unittest.main()
