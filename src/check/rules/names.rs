//! Rules of members' names and modes.

use crate::findings::rules;

rules! {
NAME_ENCODING = "name-encoding" Error "a name that is not UTF-8"
    "Installers make different names of it, or fail."
    "Rename the file, or pack it with a tool that writes UTF-8." "PyPI";
NAME_FLAG = "name-utf8-flag" Warning "a name in UTF-8 that is not marked as such"
    "Python reads it in code page 437, and installs the file under another name."
    "Pack with a tool that sets general purpose bit 11." "uv";
NAME_CONTROL = "name-control" Error "a name with control characters"
    "PyPI refuses it; it can break terminals, RECORD and scripts."
    "Rename the file." "PyPI, uv";
NAME_ESCAPE = "name-escape" Error "a name that leads out of the directory it is unpacked into"
    "Installers refuse it, or write where nothing may be written."
    "Give the path from site-packages on, with `/` between its parts." "pip, check-wheel-contents";
NAME_FORM = "name-form" Error "a path with empty parts, or with `.`"
    "RECORD and installers write it in another way, so the file cannot be uninstalled."
    "Give the path without them." "check-wheel-contents";
NAME_LONG = "name-long" Error "a path with more than 2048 bytes, or a part of one with more than 255"
    "No usual file system has room for such a name, or for such a path below another directory."
    "Shorten it." "pip, uv";
NAME_FILE_AND_DIRECTORY = "name-file-and-directory" Error "a path that is both a file and a directory"
    "It cannot be unpacked."
    "Rename one of the two." "check-wheel-contents, pip, uv";
NAME_INSTALLED_TWICE = "name-installed-twice" Error "two files that are installed as one"
    "Files of `.data/purelib` and `.data/platlib` go where all others are, so one replaces the other."
    "Leave one of them out, or put it elsewhere." "";
NAME_CASE = "name-case" Warning "names that differ in upper and lower case only"
    "On macOS and Windows one file replaces the other, and two directories are one."
    "Rename one of them." "";
NAME_UNICODE = "name-unicode" Warning "names that differ in Unicode normalisation only"
    "They look the same, and on macOS one file replaces the other, and two directories are one."
    "Rename one of them, in normalisation form C." "";
NAME_NFC = "name-nfc" Info "a name that is not in Unicode normalisation form C"
    "File systems and Python imports compare names in that form, so the file may not be found."
    "Rename the file; macOS makes such names." "";
NAME_WINDOWS = "name-windows" Warning "a name that Windows cannot have"
    "The wheel cannot be installed there: such names are reserved, or end in a dot or a blank."
    "Rename the file; a wheel with tags for other systems only can ignore this." "";
DIRECTORY_ENTRY = "name-directory" Info "an entry for a directory"
    "Installers make directories as files need them; RECORD cannot name it."
    "Pack files only." "";
SYMLINK = "mode-symlink" Error "a symbolic link"
    "Installers write it as a text file with the target in it."
    "Pack the file that it leads to, or create the link when it is needed." "";
SPECIAL_FILE = "mode-special" Error "a device, a pipe, a socket, or a directory that its name, its mode or its data says to be none"
    "Installers write it as a regular file, or fail."
    "Leave it out." "";
MODE = "mode-permissions" Warning "permissions that no installed file should have"
    "What anybody may write, or runs with another's rights, is a hole; what nobody may read does not work."
    "Give files 0644, and programs 0755." "";
}
