int native(void) { return 1; }
