"""The version, without the suffix of nightly and other builds."""

VERSION = "1.2.0"
