/* The entry point of a plugin, and a function that the version script hides. */
static const struct {
  unsigned long size;
} api = {sizeof api};

const void *InternalApi(void) { return &api; }

const void *GetPjrtApi(void) { return InternalApi(); }
