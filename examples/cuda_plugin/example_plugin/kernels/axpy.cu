#include "example_plugin/kernels/axpy.h"

#include <cuda_runtime.h>

namespace {

__global__ void axpy(float a, const float *x, float *y, int length) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < length) y[i] += a * x[i];
}

// Copies x and y to the GPU, runs the kernel, and copies y back.
cudaError_t run(float a, const float *x, float *y, int length, float *device) {
  size_t bytes = sizeof(float) * length;
  cudaError_t error = cudaMemcpy(device, x, bytes, cudaMemcpyHostToDevice);
  if (error == cudaSuccess) error = cudaMemcpy(device + length, y, bytes, cudaMemcpyHostToDevice);
  if (error != cudaSuccess) return error;
  axpy<<<(length + 255) / 256, 256>>>(a, device, device + length, length);
  error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  return cudaMemcpy(y, device + length, bytes, cudaMemcpyDeviceToHost);
}

}  // namespace

int example_plugin_device_count() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

int example_plugin_axpy_on_device(float a, const float *x, float *y, int length) {
  if (length == 0) return 0;
  float *device = nullptr;
  cudaError_t error = cudaMalloc(&device, 2 * sizeof(float) * length);
  if (error == cudaSuccess) error = run(a, x, y, length, device);
  cudaFree(device);
  return error;
}
