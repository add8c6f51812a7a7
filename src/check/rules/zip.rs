//! Rules of the archive.

use crate::findings::rules;

rules! {
ZIP_END = "zip-end" Error "the end record contradicts the archive"
    "Readers that go by it and readers that do not see different files."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, twine, check-wheel-contents, pip, uv";
ZIP_ZIP64 = "zip-zip64" Error "ZIP64 fields that are missing, contradict others, or have an odd size"
    "Readers differ in which of two values they take, so they can see different files."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, uv";
ZIP_PREFIX = "zip-prefix" Error "bytes in front of the first member"
    "The file can be something else as well, such as a program; strict readers refuse it."
    "Remove them: a wheel starts with its first member." "PyPI, uv";
ZIP_TRAILING = "zip-trailing" Error "bytes behind the end of the archive"
    "The file may be two archives in a row, of which readers see one or the other."
    "Remove them: a wheel ends with its end record." "PyPI, uv";
ZIP_COMMENT = "zip-comment" Info "the archive has a comment"
    "Nobody shows it, and what looks for the end record may be misled by its content."
    "Build the wheel without it." "";
ZIP_GAP = "zip-gap" Error "bytes between records that belong to none"
    "A reader that goes from member to member stops there, and sees other files than one that reads the directory."
    "Build the wheel again: members follow one another without a gap." "PyPI";
ZIP_HIDDEN = "zip-hidden-member" Error "a member that the central directory does not have"
    "Some readers unpack it and others do not, so a scanner may see another wheel than an installer."
    "Build the wheel again; do not edit archives in place." "PyPI";
ZIP_OVERLAP = "zip-overlap" Error "members that share bytes"
    "This is how archives are made that unpack to far more than they seem to hold. Their content was not looked at."
    "Build the wheel again; if it is not yours, do not install it." "PyPI";
ZIP_DUPLICATE = "zip-duplicate" Error "two members of one name"
    "Which of them is installed depends on the tool."
    "Name each file once; see what adds it for the second time." "PyPI";
ZIP_LOCAL = "zip-local-header" Error "a local header that is missing, or is not what the directory says"
    "Readers of the one and readers of the other see different files."
    "Build the wheel again; do not edit archives in place." "PyPI, pip, uv";
ZIP_BOUNDS = "zip-bounds" Error "a member that reaches beyond the place for it"
    "It was cut short, or its sizes lie."
    "Build or download the wheel again." "PyPI, uv";
ZIP_DESCRIPTOR = "zip-data-descriptor" Error "CRC and sizes stand behind the data (general purpose bit 3)"
    "PyPI refuses such wheels: who reads them as a stream cannot tell where a member ends."
    "Write the archive to a file that can be sought, not to a pipe, or repack it with `wheelworks pack`." "PyPI";
ZIP_ENCRYPTED = "zip-encrypted" Error "an encrypted member"
    "No installer can read it."
    "Build the wheel without a password." "pip, uv";
ZIP_METHOD = "zip-method" Error "a compression method other than stored and deflated"
    "Installers read no other, or only with a Python that was built for it."
    "Build the wheel with deflate." "PyPI, pip, uv";
ZIP_MEMBER_COMMENT = "zip-member-comment" Error "a comment on a member"
    "PyPI refuses it, and nobody reads it."
    "Build the wheel without it." "PyPI";
ZIP_EXTRA = "zip-extra" Error "extra fields that end in the middle, or are there twice"
    "Readers take the one or the other of two names or sizes."
    "Build the wheel again, with a tool that writes plain ZIP archives." "PyPI, uv";
ZIP_UNICODE_PATH = "zip-unicode-path" Error "a Unicode path field that is not the member's name, or is malformed"
    "unzip and Python 3.13 install the file under the one name, other readers under the other."
    "Build the wheel again, with a tool that writes names in UTF-8 and sets general purpose bit 11." "PyPI, uv";
ZIP_STORED = "zip-stored-size" Error "a stored member with two sizes"
    "What is stored as it is has one size; readers take either."
    "Build the wheel again." "";
ZIP_MANY = "zip-too-many" Error "more members than were looked at"
    "Unpacking them takes longer, and more room for names, than any wheel is worth."
    "Leave data out of the wheel, or pack it into one file." "";
ZIP_RATIO = "zip-ratio" Error "more than 64 MiB that unpack to over 50 times the archive"
    "PyPI takes it for an archive that is made to fill disks. Its content was not looked at."
    "Leave large empty files out of the wheel, and create them when they are needed." "PyPI";
ZIP_DATA = "zip-data" Error "compressed data that is damaged"
    "No installer can read it."
    "Build or download the wheel again." "pip, uv";
ZIP_SIZE = "zip-size" Error "content of another size than the headers say"
    "It was cut short, or the headers lie."
    "Build or download the wheel again." "pip, uv";
ZIP_CHUNK_TABLE = "zip-chunk-table" Warning "a table of chunks that is not true"
    "Who believes it, such as `wheelworks audit --trust-chunk-table`, sees another content than an installer."
    "Build the wheel again, or `wheelworks repack` it; do not edit archives in place." "";
ZIP_CRC = "zip-crc" Error "content of another CRC-32 than the headers say"
    "The content was damaged or changed after it was packed."
    "Build or download the wheel again." "pip, uv";
}
