#define ATELIER_ISA avx2
#include "convolution-body.h"

const atelier::Convolutions atelier::kConvolutionsAvx2 = {"avx2", avx2::Convolve, avx2::InputGradient,
                                                            avx2::KernelGradient};
