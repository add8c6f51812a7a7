// Helpers for functions that are called through the foreign function interface.
#ifndef JAXLIB_LIKE_FFI_SRC_HELPERS_H_
#define JAXLIB_LIKE_FFI_SRC_HELPERS_H_

#include "jaxlib_like/ffi/limits.h"
#include "jaxlib_like/support/scale.h"
#include "xla/ffi/api/ffi.h"

namespace jaxlib_like {

inline bool Fits(const XLA_FFI_CallFrame &frame) {
  return xla::ffi::Check(frame) == mini::Status::kOk &&
         frame.count <= JAXLIB_LIKE_MAX_ARGUMENTS;
}

}  // namespace jaxlib_like

#endif  // JAXLIB_LIKE_FFI_SRC_HELPERS_H_
