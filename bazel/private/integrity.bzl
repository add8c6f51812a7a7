"""The released binaries of this version, which the rules fetch by default.

The table is empty in a checkout, where cargo builds the binary. A release fills it in its source archive.
"""

# SHA-256 of the archive for each Rust target, as 64 hexadecimal digits.
SHA256 = {
}
