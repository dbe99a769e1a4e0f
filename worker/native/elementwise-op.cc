// AtelierElementwise: a program of element-wise ops over tensors of one size (kernels.h).
#include "elementwise-op.h"

#include <vector>

#include "kernels.h"
#include "op-call.h"

namespace atelier {
namespace {

using Numbers = std::vector<int64_t>;

// Its attributes, checked once. A program is refused that reaches for a place that is not there, or that reads or gives
// back what nothing was written to.
struct Program {
  int64_t size, columns, num_temporaries;
  Numbers input_kinds, output_is_sum, output_ranks, output_dims, instructions;
  std::vector<float> constants;

  bool IsSound() const {
    if (size < 1 || columns < 1 || columns > kMaxColumns || size % columns != 0) return false;
    // One that is not written to is not needed.
    if (num_temporaries < 0 || num_temporaries > static_cast<int64_t>(instructions.size() / 4)) return false;
    for (const int64_t kind : input_kinds)
      if (kind < 0 || kind >= kNumInputKinds) return false;
    return OutputsAreSound() && InstructionsAreSound();
  }

 private:
  bool OutputsAreSound() const {
    if (output_ranks.size() != output_is_sum.size()) return false;
    size_t next_dim = 0;
    for (size_t output = 0; output < output_ranks.size(); ++output) {
      const int64_t wanted = output_is_sum[output] ? columns : size;
      int64_t output_size = 1;
      if (output_ranks[output] < 0) return false;
      for (int64_t i = 0; i < output_ranks[output]; ++i) {
        if (next_dim == output_dims.size()) return false;
        const int64_t side = output_dims[next_dim++];
        if (side < 1 || side > wanted / output_size) return false;
        output_size *= side;
      }
      if (output_size != wanted) return false;
    }
    return true;
  }

  // What a place has: a sum has less than other places, is not read, and is written once.
  enum class Content { kNothing, kElements, kSum };

  bool InstructionsAreSound() const {
    if (instructions.size() % 4 != 0) return false;
    const size_t num_given = input_kinds.size() + constants.size();
    std::vector<Content> places(num_given, Content::kElements);
    places.resize(num_given + output_is_sum.size() + num_temporaries, Content::kNothing);
    const auto is_readable = [&](int64_t place) {
      return place >= 0 && place < static_cast<int64_t>(places.size()) && places[place] == Content::kElements;
    };
    for (size_t i = 0; i < instructions.size(); i += 4) {
      const int64_t *instruction = &instructions[i], result = instruction[3];
      const bool is_sum = instruction[0] == kSum || instruction[0] == kMean;
      const bool is_binary = instruction[0] <= kDiv || instruction[0] == kStep;
      if (instruction[0] < 0 || instruction[0] >= kNumOpcodes) return false;
      if (!is_readable(instruction[1])) return false;
      if (!is_readable(instruction[2]) && (is_binary || instruction[2] != -1)) return false;
      if (result < static_cast<int64_t>(num_given) || result >= static_cast<int64_t>(places.size())) return false;
      const size_t output = result - num_given;
      if (is_sum != (output < output_is_sum.size() && output_is_sum[output])) return false;
      if (is_sum && places[result] != Content::kNothing) return false;
      places[result] = is_sum ? Content::kSum : Content::kElements;
    }
    for (size_t output = 0; output < output_is_sum.size(); ++output)
      if (places[num_given + output] == Content::kNothing) return false;
    return true;
  }
};

// Each reads nothing after a failure, so that the first one stays.
int32_t LengthOf(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  int32_t length = 0, total = 0;
  if (TF_GetCode(status) == TF_OK) TF_OpKernelConstruction_GetAttrSize(construction, name, &length, &total, status);
  return TF_GetCode(status) == TF_OK && length > 0 ? length : 0;
}

Numbers NumbersOf(TF_OpKernelConstruction* construction, const char* name, TF_Status* status) {
  Numbers values(LengthOf(construction, name, status));
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
  program->constants.resize(LengthOf(construction, "constants", status));
  if (!program->constants.empty())
    TF_OpKernelConstruction_GetAttrFloatList(construction, "constants", program->constants.data(),
                                             program->constants.size(), status);
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
  const bool has_memory = kKernels->elementwise(
      {program.size, program.columns, static_cast<long>(inputs.size()), program.input_kinds.data(), inputs.data(),
       static_cast<long>(program.constants.size()), program.constants.data(), static_cast<long>(outputs.size()),
       program.output_is_sum.data(), outputs.data(), program.num_temporaries,
       static_cast<long>(program.instructions.size() / 4), program.instructions.data()});
  if (!has_memory) call.LackMemory("no memory for what an element-wise op keeps between its steps");
}

void DeleteElementwise(void* kernel) { delete static_cast<Program*>(kernel); }

}  // namespace atelier
