"""Prints the platform policies of the installed auditwheel as JSON.

The JSON has auditwheel's version, every policy for every C library and machine, the policies that
some symbol versions allow, and the machine and C library of some tags. Rejected input is null.
"""

import json
import logging
import random
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import Policy, WheelPolicies
from auditwheel.wheeltools import get_wheel_architecture, get_wheel_libc

# Versions that no policy allows, versions that no policy limits, and invalid versions.
STRANGE = ["GLIBC_PRIVATE", "GLIBC_2.99", "GLIBC", "GLIBC_", "LIBATOMIC_9", "OPENSSL_1.1", "_x", ""]

TAGS = [
    "any",
    "linux_x86_64",
    "linux_armv7l",
    "linux_armv6l",
    "linux_powerppc64",
    "Linux_S390X",
    "manylinux1_i686",
    "manylinux_2_28_ppc64",
    "manylinux_2_28_ppc64le",
    "manylinux_2_34_x86_64_v2",
    "manylinux_2_34_x86_64_v3",
    "manylinux_2_34_x86_64_v4",
    "manylinux_2_34_x86_64_v5",
    "manylinux_2_39_riscv64",
    "musllinux_1_2_loongarch64",
    "android_24_arm64_v8a",
    "android_24_x86_64",
    "android_24_armeabi_v7a",
    "macosx_10_9_x86_64",
    "macosx_11_0_arm64",
    "win_amd64",
]


def attempt(function: Callable[[], Any]) -> Any:
    """Returns the result of a function, or None if it raises."""
    try:
        return function()
    except Exception:
        return None


def policy_fields(policy: Policy) -> dict[str, Any]:
    def sets(found: dict[str, frozenset[str]]) -> dict[str, list[str]]:
        return {key: sorted(values) for key, values in found.items()}

    return {
        "name": policy.name,
        "aliases": list(policy.aliases),
        "priority": policy.priority,
        "symbol_versions": sets(policy.symbol_versions),
        "whitelist": sorted(policy.whitelist),
        "blacklist": sets(policy.blacklist),
    }


def policies(libc: Libc, machine: Architecture, tag: str) -> WheelPolicies | None:
    musl = "_".join(tag.split("_")[:3]) if libc is Libc.MUSL else None
    wheel = Path(f"a-1-py3-none-{tag}.whl")
    return attempt(
        lambda: WheelPolicies(libc=libc, arch=machine, wheel_fn=wheel, musl_policy=musl)
    )


def symbols(found: WheelPolicies) -> list[tuple[list[str], str]]:
    known = {
        f"{prefix}_{version}"
        for policy in found
        for prefix, versions in policy.symbol_versions.items()
        for version in versions
    }
    versions = sorted(known) + STRANGE
    chance = random.Random(0)
    sets = [[version] for version in versions]
    sets += [chance.sample(versions, chance.randint(2, 4)) for _ in range(100)]
    return [(each, found.versioned_symbols_policy({"a.so": set(each)}).name) for each in sets]


def case(libc: Libc, machine: Architecture, tag: str) -> dict[str, Any]:
    found = policies(libc, machine, tag)
    return {
        "libc": str(libc),
        "machine": str(machine),
        "tag": tag,
        "policies": found and [policy_fields(policy) for policy in found],
        "symbols": found and symbols(found),
    }


def cases() -> list[dict[str, Any]]:
    machines = sorted({machine.baseline for machine in Architecture}, key=str)
    found = []
    for machine in machines:
        found.append(case(Libc.GLIBC, machine, f"manylinux_2_17_{machine}"))
        found.extend(case(Libc.MUSL, machine, f"musllinux_1_{n}_{machine}") for n in (1, 2))
        abi = {Architecture.aarch64: "arm64_v8a"}.get(machine, str(machine))
        levels = range(20, 41)
        found.extend(case(Libc.ANDROID, machine, f"android_{level}_{abi}") for level in levels)
    return found


def tag(platform: str) -> list[str | None]:
    wheel = f"a-1-py3-none-{platform}.whl"
    machine = attempt(lambda: get_wheel_architecture(wheel))
    libc = attempt(lambda: get_wheel_libc(wheel))
    return [machine and str(machine), libc and str(libc)]


def main() -> None:
    logging.disable()
    document = {
        "version": version("auditwheel"),
        "cases": cases(),
        "tags": {platform: tag(platform) for platform in TAGS},
    }
    json.dump(document, sys.stdout)


main()
