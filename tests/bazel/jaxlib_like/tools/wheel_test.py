"""Imports the wheels and calls what was compiled."""

import unittest

import jaxlib_like
from jax_plugins import example_cuda12
from jaxlib_like import version_info, xla_client
from jaxlib_like.mlir import ir


class WheelTest(unittest.TestCase):
    def test_of_the_wheel(self):
        self.assertIn("_unpacked_wheel/", jaxlib_like.__file__)
        self.assertEqual(jaxlib_like.__version__, "0.7.1")
        self.assertTrue(version_info.WHEEL.startswith("0.7.1"))

    def test_compiled(self):
        self.assertEqual(xla_client.add(2, 3), 5)
        self.assertEqual(xla_client.scale(4), 8)

    def test_of_another_repository(self):
        self.assertEqual(str(ir.Module("add")), "module {add}")


class PluginTest(unittest.TestCase):
    def test_libraries_load(self):
        self.assertIn("_unpacked_wheel/", example_cuda12.__file__)
        plugin, kernels = example_cuda12.initialize()
        self.assertTrue(plugin.GetPjrtApi)
        self.assertTrue(kernels.kernels)


if __name__ == "__main__":
    unittest.main()
