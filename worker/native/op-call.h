// One call of an op by TensorFlow: its inputs, its outputs, and its first failure.
#pragma once

#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace atelier {

class OpCall {
 public:
  explicit OpCall(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;
  ~OpCall() {
    if (!IsGood()) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }

  bool IsGood() const { return TF_GetCode(status_) == TF_OK; }
  void Refuse(const char* message) { Fail(TF_INVALID_ARGUMENT, message); }
  void LackMemory(const char* message) { Fail(TF_RESOURCE_EXHAUSTED, message); }

  // Null after a failure; good until this call ends.
  const TF_Tensor* Input(int index) {
    TF_Tensor* tensor = nullptr;
    if (IsGood()) TF_GetInput(context_, index, &tensor, status_);
    return Keep(tensor);
  }
  float* Output(int index, const int64_t* dims, int num_dims) {
    int64_t size = 1;
    for (int i = 0; i < num_dims; ++i) size *= dims[i];
    TF_Tensor* tensor = nullptr;
    if (IsGood())
      tensor = TF_AllocateOutput(context_, index, TF_FLOAT, dims, num_dims, size * sizeof(float), status_);
    return Keep(tensor) == nullptr || !IsGood() ? nullptr : static_cast<float*>(TF_TensorData(tensor));
  }

 private:
  // The first failure is the one that is told.
  void Fail(TF_Code code, const char* message) {
    if (IsGood()) TF_SetStatus(status_, code, message);
  }
  TF_Tensor* Keep(TF_Tensor* tensor) {
    if (tensor != nullptr) tensors_.push_back(tensor);
    return tensor;
  }

  TF_OpKernelContext* context_;
  TF_Status* status_;
  std::vector<TF_Tensor*> tensors_;
};

inline const float* FloatsOf(const TF_Tensor* tensor) { return static_cast<const float*>(TF_TensorData(tensor)); }

}  // namespace atelier
