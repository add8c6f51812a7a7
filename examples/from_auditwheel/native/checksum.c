#include "checksum.h"

unsigned checksum(const unsigned char *bytes, size_t length) {
  unsigned a = 1, b = 0;
  for (size_t i = 0; i < length; ++i) {
    a = (a + bytes[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}
