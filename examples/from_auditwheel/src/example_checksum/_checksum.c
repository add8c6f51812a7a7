#include <Python.h>
#include <stdio.h>

#include "checksum.h"

static PyObject *of_bytes(PyObject *self, PyObject *bytes) {
  char *content;
  Py_ssize_t length;
  (void)self;
  if (PyBytes_AsStringAndSize(bytes, &content, &length)) return NULL;
  char text[9];
  snprintf(text, sizeof text, "%08x", checksum((const unsigned char *)content, (size_t)length));
  return PyUnicode_FromString(text);
}

static PyMethodDef methods[] = {
    {"checksum", of_bytes, METH_O, "Returns the Adler-32 checksum of bytes as eight hexadecimal digits."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, "_checksum", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__checksum(void) { return PyModule_Create(&module); }
