#include "jaxlib_like/support/scale.h"

long jaxlib_like_scale(long value) { return 2 * value; }
