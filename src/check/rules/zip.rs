//! Rules of the archive.

use crate::findings::rules;

rules! {
ZIP_END = "zip-end" Error "the end record contradicts the archive"
    "Readers that use this record and readers that scan the archive see different files."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, twine, check-wheel-contents, pip, uv";
ZIP_ZIP64 = "zip-zip64" Error "ZIP64 fields that are missing, contradict others, or have an odd size"
    "Readers differ in which of two values they take, so they can see different files."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, uv";
ZIP_PREFIX = "zip-prefix" Error "bytes before the first member"
    "The file can be something else as well, such as a program; strict readers refuse it."
    "Remove them: a wheel starts with its first member." "PyPI, uv";
ZIP_TRAILING = "zip-trailing" Error "bytes after the end of the archive"
    "The file may be two archives in a row: some readers see the first, others the second."
    "Remove them: a wheel ends with its end record." "PyPI, uv";
ZIP_TAR = "zip-tar" Error "the file is a tar archive as well"
    "Programs that look for tar first see other files."
    "Build the wheel again; if it is not yours, do not install it." "PyPI";
ZIP_COMMENT = "zip-comment" Info "the archive has a comment"
    "No tool shows it, and its content can mislead a search for the end record."
    "Build the wheel without it." "";
ZIP_GAP = "zip-gap" Error "bytes between records that belong to no record"
    "A reader that goes from member to member stops there, and sees other files than a reader of the central directory."
    "Build the wheel again, without gaps between members." "PyPI";
ZIP_HIDDEN = "zip-hidden-member" Error "a member that the central directory does not list"
    "Some readers unpack it and others do not, so a scanner may see another wheel than an installer."
    "Build the wheel again; do not edit archives in place." "PyPI";
ZIP_OVERLAP = "zip-overlap" Error "members that share bytes"
    "Archives that unpack to far more than they seem to hold are made this way. The content of these members was not checked."
    "Build the wheel again; if it is not yours, do not install it." "PyPI";
ZIP_DUPLICATE = "zip-duplicate" Error "two members with one name"
    "Which of them is installed depends on the tool."
    "Add each file once; find the build step that adds it again." "PyPI";
ZIP_LOCAL = "zip-local-header" Error "a local header that is missing or differs from the central directory"
    "Readers of local headers and readers of the central directory see different files."
    "Build the wheel again; do not edit archives in place." "PyPI, pip, uv";
ZIP_BOUNDS = "zip-bounds" Error "a member that extends beyond its space in the archive"
    "The archive was truncated, or the member's sizes are false."
    "Build or download the wheel again." "PyPI, uv";
ZIP_DESCRIPTOR = "zip-data-descriptor" Error "CRC and sizes after the data (general purpose bit 3)"
    "PyPI refuses such wheels: a streaming reader cannot tell where a member ends."
    "Write the archive to a seekable file, not to a pipe, or repack it with `wheelworks pack`." "PyPI";
ZIP_ENCRYPTED = "zip-encrypted" Error "an encrypted member"
    "No installer can read it."
    "Build the wheel without a password." "pip, uv";
ZIP_METHOD = "zip-method" Error "a compression method other than stored and deflated"
    "Installers cannot read it, or only with a Python that was built for it."
    "Build the wheel with deflate." "PyPI, pip, uv";
ZIP_MEMBER_COMMENT = "zip-member-comment" Error "a comment on a member"
    "PyPI refuses it, and no tool reads it."
    "Build the wheel without it." "PyPI";
ZIP_EXTRA = "zip-extra" Error "extra fields that are truncated or repeated"
    "Readers differ in which of two names or sizes they take."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, uv";
ZIP_UNICODE_PATH = "zip-unicode-path" Error "a Unicode path field that is malformed or differs from the member's name"
    "unzip and Python 3.13 install the file under one name, other readers under the other."
    "Build the wheel again, with a tool that writes names in UTF-8 and sets general purpose bit 11." "PyPI, uv";
ZIP_STORED = "zip-stored-size" Error "a stored member with two different sizes"
    "Stored data has one size; readers differ in which one they take."
    "Build the wheel again." "";
ZIP_MANY = "zip-too-many" Error "more members than were checked"
    "So many members take too much time, and too much memory for their names."
    "Leave data out of the wheel, or pack it into one file." "";
ZIP_RATIO = "zip-ratio" Error "content of more than 64 MiB and over 50 times the size of the archive"
    "PyPI treats it as an archive that is made to fill disks. Its content was not checked."
    "Leave large empty files out of the wheel, and create them when they are needed." "PyPI";
ZIP_DATA = "zip-data" Error "compressed data that is damaged"
    "No installer can read it."
    "Build or download the wheel again." "pip, uv";
ZIP_SIZE = "zip-size" Error "content whose size differs from the headers"
    "The content was truncated, or the headers are false."
    "Build or download the wheel again." "pip, uv";
ZIP_CHUNK_TABLE = "zip-chunk-table" Warning "a chunk table that does not match the data"
    "A reader that trusts it, such as `wheelworks audit --trust-chunk-table`, sees other content than an installer."
    "Build the wheel again, or `wheelworks repack` it; do not edit archives in place." "";
ZIP_CRC = "zip-crc" Error "content whose CRC-32 differs from the headers"
    "The content was damaged or changed after it was packed."
    "Build or download the wheel again." "pip, uv";
}
