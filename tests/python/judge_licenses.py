"""Prints whether `packaging`, which twine uses, accepts licence expressions: one word per argument, in order.

    judge_licenses.py EXPRESSION...
"""

import sys

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression


def verdict(expression):
    """Returns `accepts` or `rejects`."""
    try:
        canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return "rejects"
    return "accepts"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(verdict(argument))
