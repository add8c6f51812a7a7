/* An extension module that needs a library, and runs on manylinux_2_17. */
#define _GNU_SOURCE
#include <stdlib.h>

int outer(void);

void *PyInit__native(void) { return secure_getenv("WHEELWORKS_NATIVE"); }

int answer(void) { return outer(); }
