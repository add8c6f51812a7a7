"""Imports the package and calls what was compiled."""

import unittest

from jaxlib_like import legacy, version_info, xla_client
from jaxlib_like.mlir import ir
from jaxlib_like.mlir.dialects import _chlo_ops_gen
from jaxlib_like.tests import test_util


class CoreTest(unittest.TestCase):
    def test_extension_module(self):
        for one, other, total in test_util.pairs():
            self.assertEqual(xla_client.add(one, other), total)

    def test_library_beside_the_extension_module(self):
        self.assertEqual(xla_client.scale(21), 42)

    def test_links(self):
        self.assertEqual(str(ir.Module("add", "return")), "module {add; return}")
        self.assertEqual(legacy.add(1, 1), 2)

    def test_generated(self):
        self.assertEqual(_chlo_ops_gen.acos(1), ("acos", (1,)))
        self.assertTrue(version_info.WHEEL.startswith("0.7.1"))


if __name__ == "__main__":
    unittest.main()
