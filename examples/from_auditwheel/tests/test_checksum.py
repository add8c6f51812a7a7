"""Runs on the installed wheel."""

import unittest
import zlib

from example_checksum import checksum


class ChecksumTest(unittest.TestCase):
    def test_against_zlib(self) -> None:
        for content in (b"", b"wheel", bytes(range(256)) * 100):
            self.assertEqual(checksum(content), f"{zlib.adler32(content):08x}")


if __name__ == "__main__":
    unittest.main()
