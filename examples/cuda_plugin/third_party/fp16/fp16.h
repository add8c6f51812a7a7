#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Returns the bits of the half-precision number below or at `value`, toward zero. Subnormal results become zero.
unsigned short fp16_from_float(float value);

#ifdef __cplusplus
}
#endif
