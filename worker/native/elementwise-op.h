#pragma once

#include "tensorflow/c/kernels.h"

namespace atelier {

void* CreateElementwise(TF_OpKernelConstruction* construction);
void ComputeElementwise(void* kernel, TF_OpKernelContext* context);
void DeleteElementwise(void* kernel);

}  // namespace atelier
