/* The entry point of a plugin. */
static const struct {
  unsigned long size;
  int major, minor;
} api = {sizeof api, 0, 72};

const void *GetPjrtApi(void) { return &api; }
