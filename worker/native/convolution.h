// 4x4 convolutions of stride 2 and padding 1, NHWC float32, and their gradients. One thread computes.
#pragma once

namespace atelier {

// X: [images, 2 * height, 2 * width, channels]; Y: [images, height, width, features]; W: [4, 4, channels, features].
// height and width are even, channels and features multiples of 16.
struct ConvolutionSizes {
  long images, height, width, channels, features;
};

// A processor's kind's kernels. Both give the same bits.
struct Convolutions {
  const char* name;
  void (*convolve)(const ConvolutionSizes&, const float* x, const float* w, float* y);
  void (*input_gradient)(const ConvolutionSizes&, const float* w, const float* y, float* x);
  void (*kernel_gradient)(const ConvolutionSizes&, const float* x, const float* y, float* w);
};

extern const Convolutions kConvolutionsAvx512;
extern const Convolutions kConvolutionsAvx2;

}  // namespace atelier
