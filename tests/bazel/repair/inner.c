/* A library that another library needs. */
int inner(void) { return 40; }
