#pragma once
#include <stddef.h>

/* Returns the Adler-32 checksum of the bytes. */
unsigned checksum(const unsigned char *bytes, size_t length);
