#pragma once

#include "tensorflow/c/kernels.h"

namespace atelier {

void ComputeConv4x4(void*, TF_OpKernelContext* context);
void ComputeConv4x4BackpropInput(void*, TF_OpKernelContext* context);
void ComputeConv4x4BackpropFilter(void*, TF_OpKernelContext* context);

}  // namespace atelier
