// AtelierConv4x4 and its gradients: TensorFlow's Conv2D, Conv2DBackpropInput and Conv2DBackpropFilter for 4x4 kernels of
// stride 2 with padding 'SAME', without what is then known.
#include "convolution-ops.h"

#include "kernels.h"
#include "op-call.h"

namespace atelier {
namespace {

struct Dims {
  int64_t d[4];
};

// A float tensor of four dimensions; null after a failure.
const float* Input4D(OpCall& call, int index, Dims* dims) {
  const TF_Tensor* tensor = call.Input(index);
  if (tensor == nullptr) return nullptr;
  if (TF_NumDims(tensor) != 4) {
    call.Refuse("inputs must have 4 dimensions");
    return nullptr;
  }
  for (int i = 0; i < 4; ++i) dims->d[i] = TF_Dim(tensor, i);
  return FloatsOf(tensor);
}

float* Output4D(OpCall& call, const ConvolutionSizes& sizes, bool agree, const Dims& dims) {
  const bool is_empty =
      sizes.images < 1 || sizes.height < 1 || sizes.width < 1 || sizes.channels < 1 || sizes.features < 1;
  const bool fits = !is_empty && sizes.height % 2 == 0 && sizes.width % 2 == 0 && sizes.features % 16 == 0 &&
                    (sizes.channels % 16 == 0 || sizes.channels <= 4);
  if (!agree || !fits) call.Refuse("shapes are not those of a 4x4 convolution of stride 2 in tiles of 2x2");
  return call.Output(0, dims.d, 4);
}

constexpr char kNoMemory[] = "no memory for the transforms of a convolution";

}  // namespace

void ComputeConv4x4(void*, TF_OpKernelContext* context) {
  OpCall call(context);
  Dims xs, ws;
  const float* x = Input4D(call, 0, &xs);
  const float* w = Input4D(call, 1, &ws);
  if (x == nullptr || w == nullptr) return;
  const ConvolutionSizes sizes = {xs.d[0], xs.d[1] / 2, xs.d[2] / 2, ws.d[2], ws.d[3]};
  const bool agree = ws.d[0] == 4 && ws.d[1] == 4 && xs.d[3] == ws.d[2] && xs.d[1] % 2 == 0 && xs.d[2] % 2 == 0;
  float* y = Output4D(call, sizes, agree, {{sizes.images, sizes.height, sizes.width, sizes.features}});
  if (y != nullptr && !kKernels->convolve(sizes, x, w, y)) call.LackMemory(kNoMemory);
}

void ComputeConv4x4BackpropInput(void*, TF_OpKernelContext* context) {
  OpCall call(context);
  Dims ws, ys;
  const float* w = Input4D(call, 0, &ws);
  const float* y = Input4D(call, 1, &ys);
  if (w == nullptr || y == nullptr) return;
  const ConvolutionSizes sizes = {ys.d[0], ys.d[1], ys.d[2], ws.d[2], ws.d[3]};
  const bool agree = ws.d[0] == 4 && ws.d[1] == 4 && ys.d[3] == ws.d[3];
  float* x = Output4D(call, sizes, agree, {{sizes.images, 2 * sizes.height, 2 * sizes.width, sizes.channels}});
  if (x != nullptr && !kKernels->input_gradient(sizes, w, y, x)) call.LackMemory(kNoMemory);
}

void ComputeConv4x4BackpropFilter(void*, TF_OpKernelContext* context) {
  OpCall call(context);
  Dims xs, ys;
  const float* x = Input4D(call, 0, &xs);
  const float* y = Input4D(call, 1, &ys);
  if (x == nullptr || y == nullptr) return;
  const ConvolutionSizes sizes = {ys.d[0], ys.d[1], ys.d[2], xs.d[3], ys.d[3]};
  const bool agree = xs.d[0] == ys.d[0] && xs.d[1] == 2 * ys.d[1] && xs.d[2] == 2 * ys.d[2];
  float* w = Output4D(call, sizes, agree, {{4, 4, sizes.channels, sizes.features}});
  if (w != nullptr && !kKernels->kernel_gradient(sizes, x, y, w)) call.LackMemory(kNoMemory);
}

}  // namespace atelier
