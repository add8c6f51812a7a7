#include "third_party/fp16/fp16.h"

#include <string.h>

unsigned short fp16_from_float(float value) {
  unsigned bits, sign, fraction;
  int exponent;
  memcpy(&bits, &value, sizeof bits);
  sign = bits >> 16 & 0x8000u;
  fraction = bits >> 13 & 0x3ffu;
  exponent = (int)(bits >> 23 & 0xffu) - 127 + 15;
  if (exponent >= 31) return (unsigned short)(sign | 0x7c00u | ((bits & 0x7fffffffu) > 0x7f800000u));
  if (exponent <= 0) return (unsigned short)sign;
  return (unsigned short)(sign | (unsigned)exponent << 10 | fraction);
}
