#pragma once

// Returns the number of GPUs that the driver offers; 0 without a driver.
int example_plugin_device_count();

// Adds a * x to y on the first GPU, for `length` numbers. Returns 0, or an error of the CUDA runtime.
int example_plugin_axpy_on_device(float a, const float *x, float *y, int length);
