#!/usr/bin/env python3
import mlir
from mlir import ir
from mlir.dialects import builtin

VALUE = "mlir"
