/* What the support library has. */
#ifndef JAXLIB_LIKE_SUPPORT_SCALE_H_
#define JAXLIB_LIKE_SUPPORT_SCALE_H_

long jaxlib_like_scale(long value);

#endif /* JAXLIB_LIKE_SUPPORT_SCALE_H_ */
