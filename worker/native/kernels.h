// The kernels of our TensorFlow ops, once for each kind of processor. All give the same bits. One thread computes.
#pragma once

#include <cstdint>

namespace atelier {

// A 4x4 convolution of stride 2 and padding 1, NHWC. X: [images, 2 * height, 2 * width, channels]; Y: [images, height,
// width, features]; W: [4, 4, channels, features]. No size is 0; height and width are even; features are a multiple of
// 16, channels one, too, or at most 4.
struct ConvolutionSizes {
  long images, height, width, channels, features;
};

// One pass over `size` elements in rows of `columns`, whose places are the inputs, the constants, the outputs and the
// temporaries, in this order. An instruction is [opcode, left, right, result], each operand the number of a place.
struct ElementwisePass {
  long size, columns;
  long num_inputs;
  const int64_t* input_kinds;
  const float* const* inputs;
  long num_constants;
  const float* constants;
  long num_outputs;
  const int64_t* output_is_sum;
  float* const* outputs;
  long num_temporaries;
  long num_instructions;
  const int64_t* program;
};

// An input has the same element, one of its column, or one for all.
enum InputKind { kFull, kColumn, kScalar, kNumInputKinds };

// kSum and kMean are over rows, for each column.
enum Opcode { kAdd, kSub, kMul, kDiv, kNeg, kRelu, kSquare, kStep, kSum, kMean, kNumOpcodes };

// More columns than this are not gone through in rows.
constexpr long kMaxColumns = 1024;

// Each returns false, and has computed nothing, where there is no memory for what it keeps on the way.
struct Kernels {
  const char* processor;
  bool (*convolve)(const ConvolutionSizes&, const float* x, const float* w, float* y);
  bool (*input_gradient)(const ConvolutionSizes&, const float* w, const float* y, float* x);
  bool (*kernel_gradient)(const ConvolutionSizes&, const float* x, const float* y, float* w);
  bool (*elementwise)(const ElementwisePass&);
};

extern const Kernels kAvx512Kernels;
extern const Kernels kAvx2Kernels;

// Those for this processor; null where it has not what they need.
extern const Kernels* const kKernels;

}  // namespace atelier
