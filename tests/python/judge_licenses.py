"""Which licence expressions twine takes, by the library that it asks: one word an argument, in order.

    judge_licenses.py EXPRESSION...
"""

import sys

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression


def verdict(expression):
    try:
        canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return "rejects"
    return "accepts"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(verdict(argument))
