#include "cuda_library/base.h"
#include "cuda_library/private.cuh"
#include "kernels.h"

__global__ void first(int *out) { *out = twice(base()); }

int sum_of_defines() { return base() + FROM_DEFINES + FROM_LOCAL_DEFINES + FROM_COPTS; }

int registered = 0;
int registrations() { return registered; }
