/* An extension module that needs GLIBC_2.17, so it runs on manylinux_2_17 and not on 2_12. */
#define _GNU_SOURCE
#include <stdlib.h>

void *PyInit__native(void) {
  return secure_getenv("WHEELWORKS_NATIVE");
}
