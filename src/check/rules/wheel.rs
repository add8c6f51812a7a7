//! Rules about the wheel's name, its WHEEL file and its platform.

use crate::findings::rules;

rules! {
FILENAME = "filename" Error "a file name that no wheel can have"
    "Installers and indexes take name, version and tags from it."
    "Name it `NAME-VERSION(-BUILD)-PYTHON-ABI-PLATFORM.whl`, for a wheel variant with `-LABEL` in front of `.whl`." "PyPI, pip, uv, check-wheel-contents";
FILENAME_NORMAL = "filename-normal" Error "a file name whose project name or version is not normalised"
    "PyPI refuses a project name that is not normalised, and looks for a dist-info directory with exactly this name."
    "Write the name in lower case with `_` for every run of `-`, `_` and `.`, and the version as PEP 440 does." "PyPI";
TAG_UNKNOWN = "tag-unknown" Error "a Python, ABI or platform tag, or a combination of them, that no installer looks for"
    "No installer selects a wheel by such a tag. pip folds upper case, uv does not."
    "Correct the tag with `wheelworks retag`, or in the build." "PyPI, pip, uv";
DIST_INFO = "dist-info" Error "no dist-info directory, several, or one with another name or version than the file"
    "Installers find METADATA, WHEEL and RECORD there and nowhere else."
    "Name it `NAME-VERSION.dist-info`, with name and version as in the file's name." "PyPI, pip, uv, check-wheel-contents";
DIST_INFO_FILE = "dist-info-file" Error "METADATA, WHEEL or RECORD is missing, or cannot be read"
    "Installers cannot do without it."
    "Build the wheel with a tool that writes it." "PyPI, pip, uv, twine, check-wheel-contents";
DIST_INFO_LAST = "dist-info-last" Info "the dist-info directory is not at the end of the archive"
    "The standard recommends it: tools can then change metadata without writing the rest again."
    "Pack it last." "";
DATA_DIR = "data-directory" Error "a data directory with another name than the wheel's, with parts that the standard does not define, or with directories in `scripts`"
    "Installers leave its files in site-packages, where no tool looks for them, or fail. uv fails on a directory in `scripts`."
    "Name it `NAME-VERSION.data`, with nothing in it but `purelib`, `platlib`, `headers`, `scripts` and `data`. Put scripts directly into `scripts`." "pip, uv, check-wheel-contents";
WHEEL_FILE = "wheel-file" Error "WHEEL lacks a field, or has a bad value"
    "Installers read it before anything else."
    "Build the wheel with a tool that follows the binary distribution format." "pip, uv, check-wheel-contents";
WHEEL_TAGS = "wheel-tags" Warning "tags in WHEEL that differ from those of the file's name"
    "Installers choose a wheel by its file name; other tools read WHEEL."
    "Run `wheelworks retag -w DIR WHEEL`, which writes the tags of the name into WHEEL, or build the wheel again." "";
WHEEL_COMPRESSED = "wheel-compressed-tag" Warning "a `Tag` line in WHEEL with a compressed set of tags"
    "The standard has one line for each single tag; tools that compare single tags find no match."
    "Write every combination on a separate line." "";
WHEEL_BUILD = "wheel-build" Warning "a build tag in WHEEL that differs from that of the file's name, or only one of the two"
    "Tools disagree about which of two builds is newer."
    "Run `wheelworks retag -w DIR WHEEL`, which writes the build tag of the name into WHEEL." "";
VARIANT_FILE = "variant-file" Error "a variant label in the file name without a `variant.json` for it, or the other way round"
    "Installers that know wheel variants (the draft PEP 825) read in this file what the label stands for. Others skip the wheel because of the label."
    "Do not rename the wheel; make variants with a tool that writes both, such as `wheelworks split --variant`." "";
INDEX_VARIANT = "index-variant" Warning "a variant label in the file name"
    "PyPI refuses it; other indexes take it. Installers that do not know wheel variants (the draft PEP 825) skip the wheel."
    "Publish a wheel without a label as well." "PyPI";
INDEX_VERSION = "index-local-version" Warning "a local version, with a `+` in it"
    "PyPI refuses it; other indexes take it."
    "Leave the local part out for PyPI." "PyPI";
INDEX_PLATFORM = "index-platform" Warning "a platform tag that PyPI does not take"
    "It says too little about where the wheel runs, or names a machine or a version that PyPI does not know."
    "Correct the tag; for Linux, repair the wheel, and give it the manylinux or musllinux tag that `wheelworks show` finds." "PyPI";
INDEX_SIZE = "index-size" Info "the file is larger than 100 MiB"
    "PyPI refuses it unless the project has a higher limit."
    "Ask for a higher limit, or leave data out." "PyPI";
SIZE = "size" Error "the file is larger than `--max-size`"
    "This option sets the limit."
    "Leave files out, or compress more: `--compression-level 12`." "";
BUDGET = "budget" Error "a part of the wheel is larger than the file of `--budget` allows"
    "The project's budget sets the limit."
    "Find out what grew: `--baseline` a former wheel, or `wheelworks diff OLD NEW`; then make it smaller, or raise the limit." "";
NATIVE_ANY = "native-any" Warning "machine code in a wheel for any platform"
    "It is installed where it cannot run."
    "Give the wheel a platform tag." "";
NATIVE_PURELIB = "native-purelib" Warning "machine code in purelib"
    "On systems with two library directories it is installed into the one that all architectures share."
    "Set `Root-Is-Purelib: false`." "auditwheel";
NATIVE_PLATFORM = "native-platform" Warning "machine code for another platform than the wheel's"
    "It cannot be loaded there. `wheelworks audit` tells whether the tag holds for the rest."
    "Build it for the wheel's platform, or leave it out." "";
NATIVE_NONE = "native-none" Info "a platform tag, and no machine code in the wheel"
    "The wheel is installed on one platform only, though it may run on others."
    "Give it the platform tag `any`, unless something in it is for one platform." "";
EXTENSION_SUFFIX = "extension-suffix" Error "an extension module that Pythons of the wheel's tags do not import"
    "Each Python imports files with its own suffixes only, such as `.cpython-312-x86_64-linux-gnu.so`, `.abi3.so` and `.so`."
    "Build it for the wheel's tags, or correct the tags with `wheelworks retag`." "";
EXTENSION_UNUSED = "extension-unused" Warning "an extension module that Pythons of the wheel's tags do not import, beside one that they do"
    "It is left over from a build for another Python or platform."
    "Build from a clean directory." "";
}
