#define ATELIER_ISA avx512
#include "convolution.h"
#include "elementwise.h"

const atelier::Kernels atelier::kAvx512Kernels = {"avx512", avx512::Convolve, avx512::InputGradient,
                                                  avx512::KernelGradient, avx512::RunElementwise};
