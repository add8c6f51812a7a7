// The extension module: it runs on a GPU if there is one, and on the CPU otherwise.
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stdlib.h>

#include "example_plugin/build_version.h"
#include "example_plugin/cpu/axpy.h"
#include "example_plugin/kernels/axpy.h"
#include "third_party/fp16/fp16.h"

namespace {

// Returns the floats of a list in memory of malloc, or null with an exception.
float *floats(PyObject *list, Py_ssize_t length) {
  if (PyList_Size(list) != length) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "x and y have different lengths");
    return nullptr;
  }
  float *values = static_cast<float *>(malloc(sizeof(float) * (length ? length : 1)));
  if (values == nullptr) {
    PyErr_NoMemory();
    return nullptr;
  }
  for (Py_ssize_t i = 0; i < length; ++i) {
    values[i] = static_cast<float>(PyFloat_AsDouble(PyList_GetItem(list, i)));
  }
  if (PyErr_Occurred()) {
    free(values);
    return nullptr;
  }
  return values;
}

PyObject *list_of(const float *values, Py_ssize_t length) {
  PyObject *list = PyList_New(length);
  for (Py_ssize_t i = 0; list != nullptr && i < length; ++i) {
    PyList_SetItem(list, i, PyFloat_FromDouble(values[i]));
  }
  return list;
}

PyObject *axpy(PyObject *, PyObject *arguments) {
  double a;
  PyObject *x_list, *y_list;
  if (!PyArg_ParseTuple(arguments, "dOO", &a, &x_list, &y_list)) return nullptr;
  Py_ssize_t length = PyList_Size(x_list);
  if (length < 0) return nullptr;
  float *x = floats(x_list, length);
  float *y = x ? floats(y_list, length) : nullptr;
  PyObject *result = nullptr;
  if (y != nullptr) {
    int error = 0;
    if (example_plugin_device_count() > 0) {
      error = example_plugin_axpy_on_device(static_cast<float>(a), x, y, static_cast<int>(length));
    } else {
      example_plugin_axpy_on_cpu(static_cast<float>(a), x, y, static_cast<int>(length));
    }
    if (error) {
      PyErr_Format(PyExc_RuntimeError, "CUDA error %d", error);
    } else {
      result = list_of(y, length);
    }
  }
  free(x);
  free(y);
  return result;
}

PyObject *build_version(PyObject *, PyObject *) { return PyUnicode_FromString(EXAMPLE_PLUGIN_VERSION); }

PyObject *device_count(PyObject *, PyObject *) { return PyLong_FromLong(example_plugin_device_count()); }

PyObject *to_half(PyObject *, PyObject *arguments) {
  double value;
  if (!PyArg_ParseTuple(arguments, "d", &value)) return nullptr;
  return PyLong_FromLong(fp16_from_float(static_cast<float>(value)));
}

PyMethodDef methods[] = {
    {"axpy", axpy, METH_VARARGS, "Returns a * x + y."},
    {"build_version", build_version, METH_NOARGS, "Returns the version of the build."},
    {"device_count", device_count, METH_NOARGS, "Returns the number of usable GPUs."},
    {"to_half", to_half, METH_VARARGS, "Returns the bits of a half-precision number."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__core() { return PyModule_Create(&module); }
