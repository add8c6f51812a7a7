"""Loads the plugin and the library that came built."""

import unittest

from jax_plugins import example_cuda12


class PluginTest(unittest.TestCase):
    def test_libraries_load(self):
        plugin, kernels = example_cuda12.initialize()
        self.assertTrue(plugin.GetPjrtApi)
        self.assertTrue(kernels.kernels)


if __name__ == "__main__":
    unittest.main()
