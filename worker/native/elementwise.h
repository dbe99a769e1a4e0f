// Many element-wise ops in one pass: a block of elements goes through all of them while it lies in the fastest cache.
#pragma once

#include "kernels.h"
#include "scratch.h"

namespace ATELIER_ISA {

constexpr long kBlock = atelier::kMaxColumns;

template <typename Op>
inline void ForEach(float* result, const float* left, const float* right, long count, const Op& op) {
#pragma GCC ivdep
  for (long i = 0; i < count; ++i) result[i] = op(left[i], right[i]);
}

// Adds the sum of a block's rows to `total`: sums of blocks, summed, lose fewer bits than one long sum.
inline void AddRows(float* total, const float* values, long count, long columns, float* rows) {
  for (long c = 0; c < columns; ++c) rows[c] = values[c];
  for (long start = columns; start < count; start += columns)
#pragma GCC ivdep
    for (long c = 0; c < columns; ++c) rows[c] += values[start + c];
#pragma GCC ivdep
  for (long c = 0; c < columns; ++c) total[c] += rows[c];
}

inline void RunInstruction(const int64_t* instruction, float* const* places, long count, long columns, float* rows) {
  const float* left = places[instruction[1]];
  const float* right = instruction[2] < 0 ? left : places[instruction[2]];
  float* result = places[instruction[3]];
  switch (instruction[0]) {
    case atelier::kAdd:
      return ForEach(result, left, right, count, [](float a, float b) { return a + b; });
    case atelier::kSub:
      return ForEach(result, left, right, count, [](float a, float b) { return a - b; });
    case atelier::kMul:
      return ForEach(result, left, right, count, [](float a, float b) { return a * b; });
    case atelier::kDiv:
      return ForEach(result, left, right, count, [](float a, float b) { return a / b; });
    case atelier::kNeg:
      return ForEach(result, left, right, count, [](float a, float) { return -a; });
    // What is not a number stays so.
    case atelier::kRelu:
      return ForEach(result, left, right, count, [](float a, float) { return a < 0 ? 0 : a; });
    case atelier::kSquare:
      return ForEach(result, left, right, count, [](float a, float) { return a * a; });
    case atelier::kStep:
      return ForEach(result, left, right, count, [](float a, float b) { return a > 0 ? 1 : a <= 0 ? b : a; });
    case atelier::kSum:
    case atelier::kMean:
      return AddRows(result, left, count, columns, rows);
  }
}

inline bool RunElementwise(const atelier::ElementwisePass& pass) {
  const long columns = pass.columns;
  const long block = kBlock / columns * columns;
  const long num_places = pass.num_inputs + pass.num_constants + pass.num_outputs + pass.num_temporaries;
  // Pointers to the places lie in scratch memory, too.
  constexpr long kPointer = sizeof(float*) / sizeof(float);
  if (!scratch.Reserve(WholeLines(num_places * kPointer) + WholeLines(block) + WholeLines(num_places * block)))
    return false;
  float** const places = reinterpret_cast<float**>(scratch.Take(num_places * kPointer));
  float* const rows = scratch.Take(block);
  float* const first_buffer = scratch.Take(num_places * block);
  const long first_output = pass.num_inputs + pass.num_constants;

  const long extent = pass.size < block ? pass.size : block;
  for (long i = 0; i < num_places; ++i) places[i] = first_buffer + i * block;
  for (long i = 0; i < pass.num_inputs; ++i) {
    if (pass.input_kinds[i] == atelier::kColumn)
      for (long start = 0; start < extent; start += columns)
        for (long c = 0; c < columns; ++c) places[i][start + c] = pass.inputs[i][c];
    if (pass.input_kinds[i] == atelier::kScalar)
      for (long e = 0; e < extent; ++e) places[i][e] = pass.inputs[i][0];
  }
  for (long i = 0; i < pass.num_constants; ++i)
    for (long e = 0; e < extent; ++e) places[pass.num_inputs + i][e] = pass.constants[i];
  for (long i = 0; i < pass.num_outputs; ++i) {
    if (!pass.output_is_sum[i]) continue;
    places[first_output + i] = pass.outputs[i];
    for (long c = 0; c < columns; ++c) pass.outputs[i][c] = 0;
  }

  for (long start = 0; start < pass.size; start += block) {
    const long count = pass.size - start < block ? pass.size - start : block;
    for (long i = 0; i < pass.num_inputs; ++i)
      if (pass.input_kinds[i] == atelier::kFull) places[i] = const_cast<float*>(pass.inputs[i]) + start;
    for (long i = 0; i < pass.num_outputs; ++i)
      if (!pass.output_is_sum[i]) places[first_output + i] = pass.outputs[i] + start;
    for (long i = 0; i < pass.num_instructions; ++i)
      RunInstruction(pass.program + 4 * i, places, count, columns, rows);
  }

  const float num_rows = static_cast<float>(pass.size / columns);
  for (long i = 0; i < pass.num_instructions; ++i) {
    const int64_t* instruction = pass.program + 4 * i;
    if (instruction[0] != atelier::kMean) continue;
    for (long c = 0; c < columns; ++c) places[instruction[3]][c] /= num_rows;
  }
  return true;
}

}  // namespace ATELIER_ISA
