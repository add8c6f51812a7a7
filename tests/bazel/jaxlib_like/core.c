/* The extension module: real enough to be imported and called. */
#include <Python.h>

#include "jaxlib_like/support/scale.h"
#include "xla/ffi/api/c_api.h"

static PyObject *add(PyObject *self, PyObject *arguments) {
  long values[2];
  (void)self;
  if (!PyArg_ParseTuple(arguments, "ll", &values[0], &values[1])) return NULL;
  XLA_FFI_CallFrame frame = {values, 2};
  return PyLong_FromLong(frame.arguments[0] + frame.arguments[1]);
}

static PyObject *scale(PyObject *self, PyObject *arguments) {
  long value;
  (void)self;
  if (!PyArg_ParseTuple(arguments, "l", &value)) return NULL;
  return PyLong_FromLong(jaxlib_like_scale(value));
}

static PyMethodDef methods[] = {
    {"add", add, METH_VARARGS, "The sum of two integers."},
    {"scale", scale, METH_VARARGS, "Twice an integer."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
