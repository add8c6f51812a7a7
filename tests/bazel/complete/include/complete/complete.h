#define COMPLETE 1
