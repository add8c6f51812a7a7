/* What an extension module needs of Python's stable ABI, so that it can be compiled where Python's own
   headers are not installed. Names, types and the layout of structures are that ABI's. */
#ifndef PYTHON_HEADERS_PYTHON_H_
#define PYTHON_HEADERS_PYTHON_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef ptrdiff_t Py_ssize_t;
typedef struct _object PyObject;
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);

typedef struct PyMethodDef {
  const char *ml_name;
  PyCFunction ml_meth;
  int ml_flags;
  const char *ml_doc;
} PyMethodDef;

typedef struct PyModuleDef {
  struct {
    Py_ssize_t ob_refcnt;
    void *ob_type;
    PyObject *(*m_init)(void);
    Py_ssize_t m_index;
    PyObject *m_copy;
  } m_base;
  const char *m_name;
  const char *m_doc;
  Py_ssize_t m_size;
  PyMethodDef *m_methods;
  void *m_slots;
  void *m_traverse;
  void *m_clear;
  void *m_free;
} PyModuleDef;

#define PyModuleDef_HEAD_INIT {1, NULL, NULL, 0, NULL}
#define METH_VARARGS 0x0001
#define PyMODINIT_FUNC __attribute__((visibility("default"))) PyObject *

PyObject *PyModule_Create2(PyModuleDef *definition, int api_version);
#define PyModule_Create(definition) PyModule_Create2(definition, 3)
PyObject *PyLong_FromLong(long value);
int PyArg_ParseTuple(PyObject *arguments, const char *format, ...);

#ifdef __cplusplus
}
#endif

#endif /* PYTHON_HEADERS_PYTHON_H_ */
