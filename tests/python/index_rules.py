"""PyPI's rules for wheels, written down from its sources, for the column of PyPI in
docs/check-differential.md and in docs/survey.md.

PyPI cannot be called from a test, so this is a model. For metadata, PyPI calls `packaging.metadata` with the
fields that twine sends, and has a few rules more. `RULES` says for each rule where PyPI's sources have it. They
were read on 2026-11-30, as they were in August 2026.

Not in the model: all that is wrong with addresses, limits of size, and what depends on the project's other files.

    index_rules.py WHEEL...     prints a JSON list of the broken rules for each wheel
    index_rules.py --table      prints the rules as Markdown
"""

import configparser
import csv
import io
import json
import mmap
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path

import rfc3986
from packaging.metadata import _EMAIL_TO_RAW_MAPPING, Metadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version
from rfc3986.exceptions import RFC3986Exception
from rfc3986.validators import Validator

# Python does not look beside the script with `-I`.
sys.path.insert(0, str(Path(__file__).parent))
from index_archive import is_well_framed  # noqa: E402


class Upload:
    """A wheel, and the parts of it that several rules need."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.prefix = "-".join(path.name.split("-")[:2])
        self.archive = zipfile.ZipFile(path)
        self.names = self.archive.namelist()

    def member(self, name: str) -> bytes | None:
        """Returns a file of the dist-info directory that the wheel's name demands."""
        try:
            return self.archive.read(f"{self.prefix}.dist-info/{name}")
        except KeyError:
            return None

    def metadata(self) -> Metadata | None:
        """Returns the metadata that twine sends, or None if `packaging` refuses it."""
        fields, unparsed = parse_email(self.member("METADATA") or b"")
        # PyPI takes these for absent.
        fields = {name: value for name, value in fields.items() if value not in ("", "UNKNOWN", [""])}
        try:
            # setuptools wrote the field for years before the standard had it, so twine leaves it out.
            if Version(fields.get("metadata_version", "0")) < Version("2.4"):
                fields.pop("license_files", None)
            # PyPI ignores fields that it does not know.
            return None if unparsed.keys() & _EMAIL_TO_RAW_MAPPING.keys() else Metadata.from_raw(fields)
        except (ExceptionGroup, InvalidVersion):
            return None


@dataclass(frozen=True)
class Rule:
    name: str
    what: str
    """What PyPI refuses."""
    source: str
    """The file of PyPI's sources, or the change that brought the rule."""
    breaks: Callable[[Upload], bool]
    refuses: bool = True
    """False if PyPI sends an e-mail only."""


CLASSIFIERS = Path(__file__).parents[2] / "src" / "wheel" / "classifiers.txt"
"""The classifiers that PyPI knows, from the package `trove-classifiers`."""

RULES: list[Rule] = []


def rule(name: str, what: str, source: str, *, refuses: bool = True) -> Callable:
    def add(breaks: Callable[[Upload], bool]) -> Callable[[Upload], bool]:
        RULES.append(Rule(name, what, source, breaks, refuses))
        return breaks

    return add


UPLOAD, ARCHIVE, METADATA = "forklift/legacy.py", "utils/zipfiles.py", "forklift/metadata.py"
WHEEL = "utils/wheel.py"


@rule("tar", "a ZIP archive that is a tar archive, too", UPLOAD)
def _(upload: Upload) -> bool:
    return tarfile.is_tarfile(upload.path)


@rule("ratio", "more than 64 MiB that are more than 50 times the wheel's size", UPLOAD)
def _(upload: Upload) -> bool:
    total = sum(info.file_size for info in upload.archive.infolist())
    return total > 64 << 20 and total > 50 * len(upload.bytes)


@rule("method", "a compression method that is neither stored nor deflated", UPLOAD)
def _(upload: Upload) -> bool:
    return any(info.compress_type not in (0, 8) for info in upload.archive.infolist())


@rule(
    "framing",
    "bytes that belong to no record; a data descriptor; a comment in the directory; a name twice, in one of the"
    " two headers only, not UTF-8 or with control characters; sizes that differ between the headers; a repeated"
    " ZIP64 or Unicode path field, or a ZIP64 field of an odd length; an end record with other counts",
    ARCHIVE,
)
def _(upload: Upload) -> bool:
    return not is_well_framed(upload.bytes, upload.archive)


@rule("wheel-file", "no WHEEL, METADATA or RECORD under the prefix of the file's name", UPLOAD)
def _(upload: Upload) -> bool:
    return any(upload.member(name) is None for name in ("WHEEL", "METADATA", "RECORD"))


@rule("filename", "a file name that `packaging` cannot parse, or whose project is not normalised", UPLOAD)
def _(upload: Upload) -> bool:
    try:
        name = parse_wheel_filename(upload.path.name)[0]
    except InvalidWheelFilename:
        return True
    return upload.path.name.split("-")[0] != name.replace("-", "_")


PLATFORMS = [
    "any|win32|win_arm64|win_amd64|win_ia64|linux_armv6l|linux_armv7l",
    "manylinux(1|2010)_(x86_64|i686)",
    "manylinux2014_(x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x)",
    r"manylinux_\d+_\d+_(x86_64|i686|aarch64|armv7l|ppc64|ppc64le|s390x|riscv64)",
    r"musllinux_\d+_\d+_(x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)",
    r"macosx_(10_\d+|(11|12|13|14|15|26)_0)_"
    r"(ppc|ppc64|i386|x86_64|arm64|intel|fat|fat3|fat64|universal|universal2)",
    r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
    r"android_\d+_(armeabi_v7a|arm64_v8a|x86|x86_64)",
    r"pyemscripten_\d+_\d+_wasm32",
]
PLATFORM = re.compile("|".join(f"(?:{platform})" for platform in PLATFORMS))


@rule("platform", "a platform tag that is not in its list; macOS 11 and later with a minor version", UPLOAD)
def _(upload: Upload) -> bool:
    platforms = upload.path.stem.rsplit("-", 1)[-1].split(".")
    return not all(PLATFORM.fullmatch(platform) for platform in platforms)


@rule(
    "metadata",
    "metadata that `packaging.metadata` refuses, of version 2.0, or of a version after 2.5",
    METADATA,
)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    if found is None:
        return True
    versions = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
    return found.metadata_version not in versions


@rule("name", "another name or version than the file's; a local version", UPLOAD)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    if found is None:
        return False
    try:
        name, version, _, _ = parse_wheel_filename(upload.path.name)
    except InvalidWheelFilename:
        return False
    same = canonicalize_name(found.name) == name and found.version == version
    return not same or found.version.local is not None


@rule("license-both", "`License` beside `License-Expression`", METADATA)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    return bool(found and found.license and found.license_expression)


@rule("license-file", "a `License-File` that is not below `licenses` in the dist-info directory", UPLOAD)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    files = (found and found.license_files) or []
    return any(upload.member(f"licenses/{name}") is None for name in files)


@rule("summary", "a `Summary` of more than 512 characters", METADATA)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    return bool(found and found.summary and len(found.summary) > 512)


@rule("direct-url", "a URL in `Requires-Dist`, `Provides-Dist` or `Obsoletes-Dist`", METADATA)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    if found is None:
        return False
    try:
        others = map(Requirement, [*(found.provides_dist or []), *(found.obsoletes_dist or [])])
        return any(each.url for each in [*(found.requires_dist or []), *others])
    except InvalidRequirement:
        return True


@rule("classifier", "a classifier that is unknown or deprecated", METADATA)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    # Deprecated ones have a tab and what replaces them.
    lines = CLASSIFIERS.read_text(encoding="utf-8").splitlines()
    known = {line for line in lines[1:] if "\t" not in line}
    return bool(found and set(found.classifiers or []) - known)


@rule("email", "an `Author-email` or `Maintainer-email` whose address has no domain", METADATA)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    fields = (found.author_email, found.maintainer_email) if found else ()
    addresses = [parseaddr(field)[1] for field in fields if field is not None]
    return not all(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", each) for each in addresses if each)


@rule("dynamic", "a `Dynamic` that names no field that may be dynamic", METADATA)
def _(upload: Upload) -> bool:
    never = {"name", "version", "metadata-version", "dynamic"}
    found = upload.metadata()
    return bool(found and never & set(found.dynamic or []))


def is_url(url: str) -> bool:
    validator = Validator().allow_schemes("http", "https").require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    try:
        validator.validate(rfc3986.uri_reference(url).normalize())
    except RFC3986Exception:
        return False
    return True


@rule(
    "url",
    "a `Home-Page`, `Download-URL` or `Project-URL` that is no URL; a label without or over 32 characters",
    METADATA,
)
def _(upload: Upload) -> bool:
    found = upload.metadata()
    if found is None:
        return False
    urls = [url for url in (found.home_page, found.download_url) if url is not None]
    labels = found.project_urls or {}
    return any(not 0 < len(label) <= 32 for label in labels) or not all(
        map(is_url, [*urls, *labels.values()])
    )


@rule(
    "entry-points",
    "an `entry_points.txt` that is not UTF-8 or INI; a script whose name is not `[\\w.-]+`",
    WHEEL,
)
def _(upload: Upload) -> bool:
    content = upload.member("entry_points.txt")
    if content is None:
        return False
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str
    try:
        parser.read_string(content.decode())
        sections = filter(parser.has_section, ("console_scripts", "gui_scripts"))
        names = [name for section in sections for name in parser.options(section)]
    except (UnicodeError, configparser.Error):
        return True
    return not all(re.fullmatch(r"[\w.-]+", name) for name in names)


@rule("record", "a RECORD that does not list exactly the wheel's files", WHEEL, refuses=False)
def _(upload: Upload) -> bool:
    content = upload.member("RECORD")
    if content is None:
        return False
    exempt = {f"{upload.prefix}.dist-info/RECORD.{kind}" for kind in ("jws", "p7s")}
    try:
        listed = {row[0] for row in csv.reader(io.StringIO(content.decode(), newline="")) if row}
    except (UnicodeError, csv.Error):
        return True
    files = {name for name in upload.names if not name.endswith("/")}
    return listed - exempt != files - exempt


def broken(path: Path) -> list[str]:
    """Returns the names of the rules that a wheel breaks."""
    try:
        upload = Upload(path)
    except (zipfile.BadZipFile, NotImplementedError):
        return ["zip"]
    found = []
    for each in RULES:
        try:
            breaks = each.breaks(upload)
        # A member that cannot be read is refused, too.
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error):
            breaks = True
        if breaks:
            found.append(each.name)
    return found


def verdict(path: Path) -> str:
    """Returns "rejects", "warns" or "accepts"."""
    names = broken(path)
    if not names:
        return "accepts"
    warnings = {each.name for each in RULES if not each.refuses}
    return "warns" if set(names) <= warnings else "rejects"


def table() -> str:
    lines = ["| PyPI | a wheel with | where |", "|---|---|---|"]
    for each in RULES:
        word = "refuses" if each.refuses else "warns of"
        what = each.what.replace("|", "\\|")
        lines.append(f"| {word} | {what} | `{each.source}` |")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:] == ["--table"]:
        print(table())
    else:
        for path in sys.argv[1:]:
            print(json.dumps(broken(Path(path))))


if __name__ == "__main__":
    main()
