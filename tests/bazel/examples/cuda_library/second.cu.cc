#include <math.h>

#include "cuda_library/private.cuh"

extern int registered;

__global__ void second(int *out) { *out = twice(static_cast<int>(cbrtf(8))); }

// Nothing refers to this object: only `alwayslink` brings it into a program.
static int value = ++registered;
