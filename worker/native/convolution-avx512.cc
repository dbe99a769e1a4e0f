#define ATELIER_ISA avx512
#include "convolution-body.h"

const atelier::Convolutions atelier::kConvolutionsAvx512 = {"avx512", avx512::Convolve, avx512::InputGradient,
                                                            avx512::KernelGradient};
