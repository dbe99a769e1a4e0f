// TensorFlow ops of our own, and the addon that brings them into the process: loading it registers them. Its one export
// says for which processor they were chosen, '' where there are none for this one.
#include <node_api.h>

#include <cstring>

#include "convolution.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace {

using atelier::Convolutions;
using atelier::ConvolutionSizes;

const Convolutions* const kConvolutions = [] () -> const Convolutions* {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return &atelier::kConvolutionsAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &atelier::kConvolutionsAvx2;
  return nullptr;
}();

// Inputs and output of one call; the first failure is the op's.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_)
      if (tensor != nullptr) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  // A 4-D float input, or null.
  const float* Input(int index, int64_t dims[4]) {
    if (TF_GetCode(status_) != TF_OK) return nullptr;
    TF_Tensor*& tensor = tensors_[index];
    TF_GetInput(context_, index, &tensor, status_);
    if (TF_GetCode(status_) != TF_OK) return nullptr;
    if (TF_NumDims(tensor) != 4) {
      Refuse("inputs must have 4 dimensions");
      return nullptr;
    }
    for (int i = 0; i < 4; ++i) dims[i] = TF_Dim(tensor, i);
    return static_cast<const float*>(TF_TensorData(tensor));
  }

  float* Output(int64_t d0, int64_t d1, int64_t d2, int64_t d3) {
    if (TF_GetCode(status_) != TF_OK) return nullptr;
    const int64_t dims[] = {d0, d1, d2, d3};
    TF_Tensor*& tensor = tensors_[2];
    tensor = TF_AllocateOutput(context_, 0, TF_FLOAT, dims, 4, d0 * d1 * d2 * d3 * sizeof(float), status_);
    return TF_GetCode(status_) == TF_OK ? static_cast<float*>(TF_TensorData(tensor)) : nullptr;
  }

  bool Check(const ConvolutionSizes& sizes, bool agree) {
    if (TF_GetCode(status_) != TF_OK) return false;
    const bool fits = sizes.height % 2 == 0 && sizes.width % 2 == 0 && sizes.channels % 16 == 0 &&
                      sizes.features % 16 == 0;
    if (!agree || !fits) Refuse("shapes that do not fit a 4x4 convolution of stride 2 in tiles");
    return agree && fits;
  }

 private:
  void Refuse(const char* message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message); }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  TF_Tensor* tensors_[3] = {};
};

void Conv4x4(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t xs[4], ws[4];
  const float* x = call.Input(0, xs);
  const float* w = call.Input(1, ws);
  if (w == nullptr) return;
  const ConvolutionSizes sizes = {xs[0], xs[1] / 2, xs[2] / 2, ws[2], ws[3]};
  if (!call.Check(sizes, ws[0] == 4 && ws[1] == 4 && xs[3] == ws[2])) return;
  float* y = call.Output(sizes.images, sizes.height, sizes.width, sizes.features);
  if (y != nullptr) kConvolutions->convolve(sizes, x, w, y);
}

void Conv4x4BackpropInput(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t ws[4], ys[4];
  const float* w = call.Input(0, ws);
  const float* y = call.Input(1, ys);
  if (y == nullptr) return;
  const ConvolutionSizes sizes = {ys[0], ys[1], ys[2], ws[2], ws[3]};
  if (!call.Check(sizes, ws[0] == 4 && ws[1] == 4 && ys[3] == ws[3])) return;
  float* x = call.Output(sizes.images, 2 * sizes.height, 2 * sizes.width, sizes.channels);
  if (x != nullptr) kConvolutions->input_gradient(sizes, w, y, x);
}

void Conv4x4BackpropFilter(void*, TF_OpKernelContext* context) {
  Call call(context);
  int64_t xs[4], ys[4];
  const float* x = call.Input(0, xs);
  const float* y = call.Input(1, ys);
  if (y == nullptr) return;
  const ConvolutionSizes sizes = {ys[0], ys[1], ys[2], xs[3], ys[3]};
  if (!call.Check(sizes, xs[0] == ys[0] && xs[1] == 2 * ys[1] && xs[2] == 2 * ys[2])) return;
  float* w = call.Output(4, 4, sizes.channels, sizes.features);
  if (w != nullptr) kConvolutions->kernel_gradient(sizes, x, y, w);
}

void Register(const char* name, const char* inputs[2], const char* output,
              void (*compute)(void*, TF_OpKernelContext*)) {
  TF_OpDefinitionBuilder* op = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddInput(op, inputs[0]);
  TF_OpDefinitionBuilderAddInput(op, inputs[1]);
  TF_OpDefinitionBuilderAddOutput(op, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(op, &TF_ShapeInferenceContextSetUnknownShape);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(op, status);
  if (TF_GetCode(status) == TF_OK)
    TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", nullptr, compute, nullptr), status);
  TF_DeleteStatus(status);
}

// Once in a process, however many threads load the addon.
const bool kRegistered = [] {
  if (kConvolutions == nullptr) return false;
  const char* convolve[] = {"input: float", "filter: float"};
  const char* input_gradient[] = {"filter: float", "out_backprop: float"};
  const char* kernel_gradient[] = {"input: float", "out_backprop: float"};
  Register("AtelierConv4x4", convolve, "output: float", Conv4x4);
  Register("AtelierConv4x4BackpropInput", input_gradient, "output: float", Conv4x4BackpropInput);
  Register("AtelierConv4x4BackpropFilter", kernel_gradient, "output: float", Conv4x4BackpropFilter);
  return true;
}();

napi_value Export(napi_env env, napi_value exports) {
  const char* name = kRegistered ? kConvolutions->name : "";
  napi_value value;
  if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &value) == napi_ok)
    napi_set_named_property(env, exports, "processor", value);
  return exports;
}

}  // namespace

NAPI_MODULE(atelier_ops, Export)
