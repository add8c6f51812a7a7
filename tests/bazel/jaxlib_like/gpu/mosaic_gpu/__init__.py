"""Compiles kernels for GPUs."""
