// Loaded before a process's other libraries: the system has no memory for our ops, and has it for all others.
#include <malloc.h>

#include "is-ours.h"

extern "C" void* aligned_alloc(size_t alignment, size_t size) {
  return IsOurs(__builtin_return_address(0)) ? nullptr : memalign(alignment, size);
}
