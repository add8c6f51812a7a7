#pragma once

// Adds a * x to y, for `length` numbers.
void example_plugin_axpy_on_cpu(float a, const float *x, float *y, int length);
