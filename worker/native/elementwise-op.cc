// AtelierElementwise: a program of element-wise ops over tensors of one size (kernels.h).
#include "elementwise-op.h"

#include <vector>

#include "kernels.h"
#include "op-call.h"

namespace atelier {
namespace {

using Numbers = std::vector<int64_t>;

// Its attributes, checked once: a program that reaches for a place that is not there is refused.
struct Program {
  int64_t size, columns, num_temporaries;
  Numbers input_kinds, output_is_sum, output_ranks, output_dims, instructions;
  std::vector<float> constants;

  int64_t NumPlaces() const {
    return input_kinds.size() + constants.size() + output_is_sum.size() + num_temporaries;
  }
  int64_t FirstOutput() const { return input_kinds.size() + constants.size(); }

  bool IsSound() const {
    if (size < 1 || columns < 1 || columns > kMaxColumns || size % columns != 0 || num_temporaries < 0) return false;
    if (instructions.size() % 4 != 0 || output_ranks.size() != output_is_sum.size()) return false;
    size_t next_dim = 0;
    for (size_t output = 0; output < output_ranks.size(); ++output) {
      int64_t output_size = 1;
      for (int64_t i = 0; i < output_ranks[output]; ++i) {
        if (next_dim == output_dims.size()) return false;
        output_size *= output_dims[next_dim++];
      }
      if (output_size != (output_is_sum[output] ? columns : size)) return false;
    }
    for (size_t i = 0; i < instructions.size(); i += 4) {
      const int64_t *instruction = &instructions[i], result = instruction[3], output = result - FirstOutput();
      const bool is_sum = instruction[0] == kSum || instruction[0] == kMean;
      const bool is_binary = instruction[0] <= kDiv || instruction[0] == kStep;
      const bool is_to_sum =
          output >= 0 && output < static_cast<int64_t>(output_is_sum.size()) && output_is_sum[output];
      if (instruction[0] < 0 || instruction[0] >= kNumOpcodes || is_sum != is_to_sum) return false;
      if (instruction[1] < 0 || instruction[1] >= NumPlaces()) return false;
      if (instruction[2] < (is_binary ? 0 : -1) || instruction[2] >= NumPlaces()) return false;
      if (result < FirstOutput() || result >= NumPlaces()) return false;
    }
    return true;
  }
};

Numbers NumbersOf(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  int32_t length = 0, total = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, name, &length, &total, status);
  Numbers values(TF_GetCode(status) == TF_OK && length > 0 ? length : 0);
  if (!values.empty())
    TF_OpKernelConstruction_GetAttrInt64List(construction, name, values.data(), values.size(), status);
  return values;
}

int64_t NumberOf(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  int64_t value = 0;
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrInt64(construction, name, &value, status);
  return value;
}

}  // namespace

void* CreateElementwise(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  auto* program = new Program();
  program->size = NumberOf(construction, "size", status);
  program->columns = NumberOf(construction, "columns", status);
  program->num_temporaries = NumberOf(construction, "num_temporaries", status);
  program->input_kinds = NumbersOf(construction, "input_kinds", status);
  program->output_is_sum = NumbersOf(construction, "output_is_sum", status);
  program->output_ranks = NumbersOf(construction, "output_ranks", status);
  program->output_dims = NumbersOf(construction, "output_dims", status);
  program->instructions = NumbersOf(construction, "program", status);
  int32_t length = 0, total = 0;
  TF_OpKernelConstruction_GetAttrSize(construction, "constants", &length, &total, status);
  if (TF_GetCode(status) == TF_OK && length > 0) {
    program->constants.resize(length);
    TF_OpKernelConstruction_GetAttrFloatList(construction, "constants", program->constants.data(), length, status);
  }
  if (TF_GetCode(status) == TF_OK && !program->IsSound())
    TF_SetStatus(status, TF_INVALID_ARGUMENT, "the program of an element-wise op is not sound");
  if (TF_GetCode(status) != TF_OK) TF_OpKernelConstruction_Failure(construction, status);
  TF_DeleteStatus(status);
  return program;
}

void ComputeElementwise(void* kernel, TF_OpKernelContext* context) {
  const Program& program = *static_cast<const Program*>(kernel);
  OpCall call(context);
  std::vector<const float*> inputs;
  for (const int64_t kind : program.input_kinds) {
    const TF_Tensor* tensor = call.Input(inputs.size());
    if (tensor == nullptr) return;
    const int64_t wanted = kind == kFull ? program.size : kind == kColumn ? program.columns : 1;
    if (TF_TensorElementCount(tensor) != wanted) return call.Refuse("an input has another size than the program says");
    inputs.push_back(FloatsOf(tensor));
  }
  std::vector<float*> outputs;
  const int64_t* dims = program.output_dims.data();
  for (const int64_t rank : program.output_ranks) {
    outputs.push_back(call.Output(outputs.size(), dims, rank));
    if (outputs.back() == nullptr) return;
    dims += rank;
  }
  kKernels->elementwise({program.size, program.columns, static_cast<long>(inputs.size()), program.input_kinds.data(),
                         inputs.data(), static_cast<long>(program.constants.size()), program.constants.data(),
                         static_cast<long>(outputs.size()), program.output_is_sum.data(), outputs.data(),
                         program.num_temporaries, static_cast<long>(program.instructions.size() / 4),
                         program.instructions.data()});
}

void DeleteElementwise(void* kernel) { delete static_cast<Program*>(kernel); }

}  // namespace atelier
