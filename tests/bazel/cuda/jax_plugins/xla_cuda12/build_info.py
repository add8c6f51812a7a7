"""Which build this is: the file that the demonstration edits."""

BUILD = 1
