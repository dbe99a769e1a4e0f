// An op of ours as TensorFlow is told of it.
#pragma once

#include <initializer_list>
#include <string>

#include "tensorflow/c/kernels.h"

namespace atelier {

struct Op {
  const char* name;
  std::initializer_list<const char*> attributes, inputs;
  const char* output;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

// Makes an op known to TensorFlow. Returns what TensorFlow has against it, '' for nothing.
std::string Register(const Op& op);

}  // namespace atelier
