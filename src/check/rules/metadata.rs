//! Rules of METADATA, licences and entry points.

use crate::findings::rules;

rules! {
METADATA_ENCODING = "metadata-encoding" Error "METADATA is not UTF-8"
    "Indexes refuse it; others show wrong characters."
    "Save the description and the names of authors as UTF-8." "PyPI, twine, pip";
METADATA_FORM = "metadata-form" Error "a line in METADATA that is not a field"
    "Parsers skip it, or take everything after it for the description, so fields are lost."
    "Indent continuation lines, and put the description after a blank line." "";
METADATA_VERSION = "metadata-version" Error "`Metadata-Version` is missing or unknown"
    "It defines the allowed fields; indexes refuse versions that they do not know."
    "Build with a tool that writes 2.1 to 2.5, without blanks behind it." "PyPI, twine";
METADATA_NEW = "metadata-version-new" Warning "a `Metadata-Version` that indexes may not know yet"
    "Indexes refuse the upload until they support it."
    "Write 2.5 unless a field needs more." "PyPI";
METADATA_NAME = "metadata-name" Error "`Name` or `Version` is missing, bad, or not that of the file"
    "Installers refuse the wheel, or list it under another name."
    "Build the wheel again; do not rename files." "PyPI, twine, pip, uv";
METADATA_FIELD = "metadata-field" Error "a field that this `Metadata-Version` does not have"
    "PyPI and tools that upload refuse it."
    "Raise `Metadata-Version`, or leave the field out." "PyPI, twine";
METADATA_LICENSE_FILE = "metadata-license-file" Info "a `License-File` before `Metadata-Version` 2.4"
    "setuptools wrote it before it was standard; tools that upload leave it out."
    "Build with a tool that writes 2.4." "";
METADATA_UNKNOWN = "metadata-unknown" Warning "a field that no version of the standard has"
    "No tool reads it; it may be misspelt."
    "Correct its name, or leave it out." "twine";
METADATA_TWICE = "metadata-twice" Error "a repeated field that may occur only once"
    "Tools take the first or the last."
    "Keep one of them." "PyPI, twine";
METADATA_DYNAMIC = "metadata-dynamic" Error "a `Dynamic` that names no field, or a field that cannot be dynamic"
    "PyPI refuses it; installers cannot rely on the metadata of the source distribution."
    "Name a field as the standard writes it, but not `Metadata-Version`, `Name` or `Version`." "PyPI, twine";
METADATA_SUMMARY = "metadata-summary" Error "a `Summary` of several lines or of more than 512 characters"
    "PyPI refuses it."
    "Write one short line; the rest belongs in the description." "PyPI, twine";
METADATA_CONTENT_TYPE = "metadata-content-type" Error "a `Description-Content-Type` that cannot be rendered"
    "PyPI refuses it."
    "Write `text/markdown`, `text/x-rst` or `text/plain`, optionally with `charset=UTF-8`." "PyPI, twine";
METADATA_REQUIRES = "metadata-requires" Error "a requirement or a `Requires-Python` that cannot be read"
    "Installers ignore it or refuse the wheel."
    "Follow the standards for dependency and version specifiers." "PyPI, twine, pip, uv";
METADATA_MARKER = "metadata-marker" Warning "a comparison in a marker that installers evaluate differently"
    "Where a value is not a version, some compare texts, others ignore the comparison, and order has no meaning."
    "Compare with `==`, `<`, `>=` and so on with one version each, and join comparisons with `and` and `or`." "";
METADATA_EXTRA = "metadata-extra" Warning "an extra that is not declared"
    "Installing with the extra adds nothing, or only prints a warning."
    "Declare it with `Provides-Extra`, in lower case, with `-` between words." "";
METADATA_EXTRA_NAME = "metadata-extra-name" Error "a `Provides-Extra` that is not a valid name"
    "PyPI refuses it, and the extra cannot be installed."
    "Write ASCII letters and digits, with `-` between words." "PyPI, twine";
METADATA_URL = "metadata-url" Error "a URL that is not one of HTTP, or a `Project-URL` whose label is missing, longer than 32 characters, or used twice"
    "PyPI refuses it."
    "Write `https://…`, in `Project-URL` behind a label, each label once." "PyPI, twine";
METADATA_EMAIL = "metadata-email" Error "an `Author-email` or `Maintainer-email` that is not an address"
    "PyPI refuses it, unless the field lists several."
    "Write `ada@example.org` or `Ada <ada@example.org>`; a name alone belongs into `Author`." "PyPI";
METADATA_CLASSIFIER = "metadata-classifier" Error "a classifier that PyPI does not know, or that is deprecated"
    "PyPI refuses it."
    "Correct it, or leave it out." "PyPI";
METADATA_IMPORT = "metadata-import" Error "an `Import-Name` or `Import-Namespace` that Python cannot import"
    "PyPI refuses it, and the name leads to no module."
    "Write identifiers joined by dots, optionally followed by `; private`." "PyPI, twine";
METADATA_PRIVATE = "metadata-private" Info "the classifier `Private :: …`"
    "PyPI refuses the wheel; that is the purpose of this classifier."
    "Keep it if the wheel must not be published." "PyPI";
INDEX_DIRECT = "index-direct-url" Warning "a requirement with a URL"
    "PyPI refuses it; other indexes take it."
    "Name a version instead." "PyPI";
LICENSE_EXPRESSION = "license-expression" Error "a `License-Expression` that is not an SPDX expression"
    "Indexes refuse it (PEP 639)."
    "Write SPDX identifiers, such as `Apache-2.0 OR MIT`; `LicenseRef-…` for others." "PyPI, twine";
LICENSE_DEPRECATED = "license-deprecated" Warning "a licence identifier that SPDX has deprecated"
    "It can mean several licences, or has another name now: `GPL-3.0` does not say whether later versions are allowed."
    "Write today's identifier, such as `GPL-3.0-only` or `GPL-3.0-or-later`." "";
LICENSE_BOTH = "license-both" Error "`License` beside `License-Expression`"
    "PyPI refuses the two together: `License-Expression` replaces `License` (PEP 639)."
    "Remove `License`." "PyPI";
LICENSE_CLASSIFIER = "license-classifier" Warning "a licence classifier beside `License-Expression`"
    "`License-Expression` replaces the classifier (PEP 639); build tools refuse the two together."
    "Remove the classifier." "";
LICENSE_FILE = "license-file" Error "a `License-File` that is not in the wheel, or has a bad path"
    "PyPI refuses it: the licence has to go with the wheel (PEP 639)."
    "Put the file under `dist-info/licenses/`, and name it relative to that directory." "PyPI, twine";
LICENSE_UNLISTED = "license-file-unlisted" Info "a file under `dist-info/licenses/` that no `License-File` names"
    "Tools that collect licences do not find it."
    "Add `License-File`." "";
LICENSE_NONE = "license-none" Info "no licence is stated"
    "Many users are not allowed to install packages without a licence."
    "Add `License-Expression` and `License-File`." "";
ENTRY_POINTS = "entry-points" Error "an `entry_points.txt` that cannot be read, or a command that cannot be installed"
    "PyPI refuses it; installers fail, or create no command from what they cannot read."
    "Write `[GROUP]`, and under it lines of `NAME = MODULE:OBJECT`." "PyPI, pip, uv";
SCRIPT_RESERVED = "script-reserved" Error "a script with the name of an interpreter"
    "It would replace `python` in the environment; uv refuses the wheel."
    "Give the script another name." "uv";
SCRIPT_PIP = "script-pip" Warning "a script with a name of pip's"
    "It replaces pip in the environment."
    "Give the script another name." "";
SBOM = "sbom" Error "a file under `dist-info/sboms/` that is no SBOM"
    "Scanners read every file there (PEP 770). It must parse as its form and have the form's mandatory fields."
    "Put SBOMs there only, in a form such as CycloneDX or SPDX." "";
ENTRY_POINTS_UNUSUAL = "entry-points-unusual" Warning "an entry point that breaks the specification, in a group that is not for commands"
    "`importlib.metadata` cannot load its object, or the group cannot be found by its name."
    "Write words joined by dots as the group, and `MODULE` or `MODULE:OBJECT` as the object." "";
ENTRY_POINTS_MODULE = "entry-points-module" Warning "a command whose module is not in the wheel"
    "No requirement that is installed with it can bring the module: the command fails."
    "Correct the module's name, or add the module." "";
}
