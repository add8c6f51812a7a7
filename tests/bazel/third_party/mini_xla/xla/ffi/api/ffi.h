// The C++ part of a foreign function interface.
#ifndef MINI_XLA_XLA_FFI_API_FFI_H_
#define MINI_XLA_XLA_FFI_API_FFI_H_

#include "mini/status.h"
#include "xla/ffi/api/c_api.h"

namespace xla::ffi {

inline mini::Status Check(const XLA_FFI_CallFrame &frame) {
  return frame.count < 0 ? mini::Status::kInvalid : mini::Status::kOk;
}

}  // namespace xla::ffi

#endif  // MINI_XLA_XLA_FFI_API_FFI_H_
