#include "example_plugin/cpu/axpy.h"

void example_plugin_axpy_on_cpu(float a, const float *x, float *y, int length) {
  for (int i = 0; i < length; ++i) y[i] += a * x[i];
}
