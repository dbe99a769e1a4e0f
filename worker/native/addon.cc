// The addon that brings our TensorFlow ops into a process: loading it registers them. Its one export, `processor`, says
// for which kind of processor their kernels were chosen, '' where there are none for this one. Loading it throws where
// TensorFlow refuses one of them.
#include <node_api.h>

#include <cstdlib>
#include <string>

#include "convolution-ops.h"
#include "elementwise-op.h"
#include "kernels.h"
#include "registered-op.h"

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

const Op kOps[] = {
    {"AtelierConv4x4", {}, {"input: float", "filter: float"}, "output: float", nullptr, ComputeConv4x4, nullptr},
    {"AtelierConv4x4BackpropInput", {}, {"filter: float", "out_backprop: float"}, "output: float", nullptr,
     ComputeConv4x4BackpropInput, nullptr},
    {"AtelierConv4x4BackpropFilter", {}, {"input: float", "out_backprop: float"}, "output: float", nullptr,
     ComputeConv4x4BackpropFilter, nullptr},
    {"AtelierElementwise",
     {"N: int >= 0", "M: int >= 1", "size: int", "columns: int", "num_temporaries: int", "input_kinds: list(int)",
      "output_is_sum: list(int)", "output_ranks: list(int)", "output_dims: list(int)", "constants: list(float)",
      "program: list(int)"},
     {"inputs: N * float"},
     "outputs: M * float",
     CreateElementwise,
     ComputeElementwise,
     DeleteElementwise},
};

// Registers the ops once in a process, however many threads load the addon; '' or why they cannot be used.
const std::string kProblem = [] {
  std::string problem;
  if (kKernels == nullptr) return problem;
  for (const Op& op : kOps) {
    if (problem.empty()) problem = Register(op);
  }
  return problem;
}();

}  // namespace
}  // namespace atelier

static napi_value Export(napi_env env, napi_value exports) {
  using atelier::kKernels, atelier::kProblem;
  if (!kProblem.empty()) {
    napi_throw_error(env, nullptr, kProblem.c_str());
    return nullptr;
  }
  const char* name = kKernels == nullptr ? "" : kKernels->processor;
  napi_value value;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &value) != napi_ok ||
      napi_set_named_property(env, exports, "processor", value) != napi_ok)
    napi_throw_error(env, nullptr, "Node does not take the name of the processor");
  return exports;
}

NAPI_MODULE(atelier_ops, Export)
