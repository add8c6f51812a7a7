// Whether something worked.
#ifndef MINI_XLA_RUNTIME_INCLUDE_MINI_STATUS_H_
#define MINI_XLA_RUNTIME_INCLUDE_MINI_STATUS_H_

namespace mini {

enum class Status { kOk = 0, kInvalid = 3 };

}  // namespace mini

#endif  // MINI_XLA_RUNTIME_INCLUDE_MINI_STATUS_H_
