// Whose code called a function that a fixture puts in the place of another.
#pragma once

#include <dlfcn.h>

#include <cstring>

// Whether an address, of __builtin_return_address(0), lies in the addon with our ops.
inline bool IsOurs(void* address) {
  Dl_info caller;
  return dladdr(address, &caller) != 0 && std::strstr(caller.dli_fname, "atelier_ops") != nullptr;
}
