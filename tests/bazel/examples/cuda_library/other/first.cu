// A source with the name of another one.
int of_other_directory() { return 10; }
