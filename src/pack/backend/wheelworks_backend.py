"""Builds the wheel that this directory has the files of.

Written by wheelworks, as a build backend (PEP 517, PEP 660) that needs nothing but Python.
"""

import base64
import hashlib
import io
import os
import tarfile
import zipfile

_WHEEL = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(_WHEEL)


def _name():
    with open(os.path.join(_WHEEL, "name"), encoding="utf-8") as file:
        return file.read().strip()


def _stem():
    return "-".join(_name().split("-")[:2])


def _files(root):
    for directory, directories, names in os.walk(root):
        directories[:] = sorted(set(directories) - {"__pycache__"})
        for name in sorted(names):
            path = os.path.join(directory, name)
            yield os.path.relpath(path, root).replace(os.sep, "/"), path


def _write(wheel_directory, trees, texts):
    """Writes a wheel of some directories, each with a prefix, and of texts."""
    name = _name()
    record = io.StringIO()
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:

        def add(member, content, mode):
            info = zipfile.ZipInfo(member)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100000 | mode) << 16
            wheel.writestr(info, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            quoted = '"%s"' % member.replace('"', '""') if set(member) & set(',"') else member
            record.write("%s,sha256=%s,%d\n" % (quoted, digest, len(content)))

        for prefix, root in trees:
            for relative, path in _files(root):
                with open(path, "rb") as file:
                    mode = 0o755 if os.access(path, os.X_OK) else 0o644
                    add(prefix + relative, file.read(), mode)
        for member, text in texts:
            add(member, text.encode(), 0o644)
        member = _stem() + ".dist-info/RECORD"
        record.write(member + ",,\n")
        wheel.writestr(zipfile.ZipInfo(member), record.getvalue())
    return name


def _metadata():
    stem = _stem()
    return [
        (stem + ".data/", os.path.join(_WHEEL, "data")),
        (stem + ".dist-info/", os.path.join(_WHEEL, "dist-info")),
    ]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """The wheel."""
    return _write(wheel_directory, [("", os.path.join(_ROOT, "src"))] + _metadata(), [])


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """A wheel that refers to the files here."""
    pth = "__editable__.%s.pth" % _stem()
    return _write(wheel_directory, _metadata(), [(pth, os.path.join(_ROOT, "src") + "\n")])


def build_sdist(sdist_directory, config_settings=None):
    """This directory, packed."""
    name = _stem() + ".tar.gz"
    with tarfile.open(os.path.join(sdist_directory, name), "w:gz", format=tarfile.PAX_FORMAT) as sdist:
        for relative, path in _files(_ROOT):
            sdist.add(path, "%s/%s" % (_stem(), relative))
    return name
