/* A library that an extension module needs. */
int inner(void);
int outer(void) { return inner() + 2; }
