#define ATELIER_ISA avx2
#include "convolution.h"
#include "elementwise.h"

const atelier::Kernels atelier::kAvx2Kernels = {"avx2", avx2::Convolve, avx2::InputGradient,
                                                avx2::KernelGradient, avx2::RunElementwise};
