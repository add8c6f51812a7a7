//! Rules of members' names and modes.

use crate::findings::rules;

rules! {
NAME_ENCODING = "name-encoding" Error "a name that is not UTF-8"
    "Installers decode it to different names, or fail."
    "Rename the file, or pack it with a tool that writes UTF-8." "PyPI";
NAME_FLAG = "name-utf8-flag" Warning "a name in UTF-8 without the flag for UTF-8"
    "Python decodes it as code page 437, and installs the file under another name."
    "Pack with a tool that sets general purpose bit 11." "PyPI, uv";
NAME_CONTROL = "name-control" Error "a name with control characters"
    "PyPI refuses it; it can break terminals, RECORD and scripts."
    "Rename the file." "PyPI, uv";
NAME_ESCAPE = "name-escape" Error "a path that leaves the directory it is unpacked into"
    "Installers refuse it, or write where nothing may be written."
    "Use a path relative to site-packages, with `/` between its parts." "pip, check-wheel-contents";
NAME_FORM = "name-form" Error "a path with empty parts, or with `.`"
    "RECORD and installers write the path in another way, so the file cannot be uninstalled."
    "Remove these parts from the path." "check-wheel-contents";
NAME_LONG = "name-long" Error "a path with more than 2048 bytes, or a part of one with more than 255"
    "No usual file system has room for such a name, or for such a path below another directory."
    "Shorten it." "pip, uv";
NAME_FILE_AND_DIRECTORY = "name-file-and-directory" Error "a path that is both a file and a directory"
    "It cannot be unpacked."
    "Rename one of the two." "check-wheel-contents, pip, uv";
NAME_INSTALLED_TWICE = "name-installed-twice" Error "two files that are installed at one path"
    "Files of `.data/purelib` and `.data/platlib` are installed among all others, so one replaces the other."
    "Remove one of them, or install it elsewhere." "";
NAME_CASE = "name-case" Warning "names that differ only in upper and lower case"
    "On macOS and Windows one file replaces the other, and two directories become one."
    "Rename one of them." "";
NAME_UNICODE = "name-unicode" Warning "names that differ only in Unicode normalisation"
    "They look the same. On macOS one file replaces the other, and two directories become one."
    "Rename one of them, in normalisation form C." "";
NAME_NFC = "name-nfc" Info "a name that is not in Unicode normalisation form C"
    "File systems and Python imports compare names in that form, so the file may not be found."
    "Rename the file; macOS makes such names." "";
NAME_WINDOWS = "name-windows" Warning "a name that Windows does not allow"
    "The wheel cannot be installed there: the name is reserved, has a forbidden character, or ends in a dot or a blank."
    "Rename the file." "";
NAME_WINDOWS_PATH = "name-windows-path" Warning "a path that is too long for Windows once it is installed"
    "Windows allows 259 characters by default, and the path of site-packages often has 81."
    "Shorten it. Ignore this if no user has Windows." "";
DIRECTORY_ENTRY = "name-directory" Info "an entry for a directory"
    "Installers create directories as files need them; RECORD cannot list them."
    "Pack files only." "";
SYMLINK = "mode-symlink" Error "a symbolic link"
    "Installers write it as a text file with the target in it."
    "Pack the target of the link, or create the link at run time." "";
SPECIAL_FILE = "mode-special" Error "a device, a pipe, a socket, or a directory whose name, mode and data contradict one another"
    "Installers write it as a regular file, or fail."
    "Leave it out." "";
MODE = "mode-permissions" Warning "permissions that no installed file should have"
    "A file that any user can write, or that runs with another user's rights, is a security hole. A file that its owner cannot read does not work."
    "Give files 0644, and programs 0755." "";
}
