// Loaded before a process's other libraries: a TensorFlow that refuses what REFUSED names of our ops.
#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "is-ours.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"

template <typename Function>
static Function* TensorFlows(const char* name) {
  return reinterpret_cast<Function*>(dlsym(dlopen("libtensorflow_framework.so.2", RTLD_LAZY | RTLD_NOLOAD), name));
}

// Whether it is refused; the status says so then.
static bool Refuse(const std::string& what, void* caller, TF_Status* status) {
  const char* refused = std::getenv("REFUSED");
  if (refused == nullptr || what != refused || !IsOurs(caller)) return false;
  TensorFlows<decltype(TF_SetStatus)>("TF_SetStatus")(status, TF_ALREADY_EXISTS, "another has its name");
  return true;
}

extern "C" {
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder* builder, TF_Status* status) {
  if (!Refuse("definition", __builtin_return_address(0), status))
    TensorFlows<decltype(TF_RegisterOpDefinition)>("TF_RegisterOpDefinition")(builder, status);
}
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* builder, TF_Status* status) {
  if (!Refuse("kernel", __builtin_return_address(0), status))
    TensorFlows<decltype(TF_RegisterKernelBuilder)>("TF_RegisterKernelBuilder")(name, builder, status);
}
}
