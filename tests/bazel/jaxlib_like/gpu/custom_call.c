/* The two functions that callers find, and one that the version script hides. */
int LlvmInternal(int value) { return value + 1; }

int MosaicGpuCompile(int value) { return LlvmInternal(value); }

int MosaicGpuUnload(int value) { return LlvmInternal(value) - 2; }
