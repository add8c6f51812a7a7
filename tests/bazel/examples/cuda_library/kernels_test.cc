#include <cuda_runtime_api.h>
#include <stdio.h>

#include "kernels.h"

#if FROM_DEFINES != 2 || FROM_DEPENDENCY != 1 || defined(FROM_LOCAL_DEFINES)
#error "dependent targets have `defines`, and no others"
#endif

int main() {
  int version = 0;
  cudaRuntimeGetVersion(&version);
  printf("%d %d %d\n", sum_of_defines(), registrations(), version);
  return sum_of_defines() == of_other_directory() && registrations() == 1 && version >= 13000 ? 0 : 1;
}
