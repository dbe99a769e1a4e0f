// The addon that brings our TensorFlow ops into a process: loading it registers them. Its one export, `processor`, says
// for which kind of processor their kernels were chosen, '' where there are none for this one.
#include <node_api.h>

#include <cstdlib>
#include <initializer_list>
#include <string>

#include "convolution-ops.h"
#include "elementwise-op.h"
#include "kernels.h"
#include "tensorflow/c/ops.h"

namespace atelier {

const Kernels* const kKernels = []() -> const Kernels* {
  // Asks for an older processor's kernels or for none, so that they can be compared on one machine.
  const char* asked = std::getenv("ATELIER_OPS_PROCESSOR");
  const std::string processor = asked == nullptr ? "" : asked;
  if (processor == "none") return nullptr;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && processor != "avx2") return &kAvx512Kernels;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kAvx2Kernels;
  return nullptr;
}();

namespace {

struct Op {
  const char* name;
  std::initializer_list<const char*> attributes, inputs;
  const char* output;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

void Register(const Op& op) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op.name);
  for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, op.output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, &TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(op.name, TF_NewKernelBuilder(op.name, "CPU", op.create, op.compute, op.destroy), status);
  TF_DeleteStatus(status);
}

// Once in a process, however many threads load the addon.
const bool kRegistered = [] {
  if (kKernels == nullptr) return false;
  Register({"AtelierConv4x4", {}, {"input: float", "filter: float"}, "output: float", nullptr, ComputeConv4x4, nullptr});
  Register({"AtelierConv4x4BackpropInput", {}, {"filter: float", "out_backprop: float"}, "output: float", nullptr,
            ComputeConv4x4BackpropInput, nullptr});
  Register({"AtelierConv4x4BackpropFilter", {}, {"input: float", "out_backprop: float"}, "output: float", nullptr,
            ComputeConv4x4BackpropFilter, nullptr});
  Register({"AtelierElementwise",
            {"N: int >= 0", "M: int >= 1", "size: int", "columns: int", "num_temporaries: int", "input_kinds: list(int)",
             "output_is_sum: list(int)", "output_ranks: list(int)", "output_dims: list(int)", "constants: list(float)",
             "program: list(int)"},
            {"inputs: N * float"},
            "outputs: M * float",
            CreateElementwise,
            ComputeElementwise,
            DeleteElementwise});
  return true;
}();

}  // namespace
}  // namespace atelier

static napi_value Export(napi_env env, napi_value exports) {
  const char* name = atelier::kRegistered ? atelier::kKernels->processor : "";
  napi_value value;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &value) == napi_ok)
    napi_set_named_property(env, exports, "processor", value);
  return exports;
}

NAPI_MODULE(atelier_ops, Export)
