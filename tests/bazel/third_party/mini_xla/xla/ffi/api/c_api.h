/* The plain C part of a foreign function interface. */
#ifndef MINI_XLA_XLA_FFI_API_C_API_H_
#define MINI_XLA_XLA_FFI_API_C_API_H_

#ifdef __cplusplus
extern "C" {
#endif

#define XLA_FFI_API_MAJOR 0
#define XLA_FFI_API_MINOR 1

typedef struct XLA_FFI_CallFrame {
  const long *arguments;
  long count;
} XLA_FFI_CallFrame;

#ifdef __cplusplus
}
#endif

#endif /* MINI_XLA_XLA_FFI_API_C_API_H_ */
