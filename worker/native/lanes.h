// The floats of one vector register, and what is done to them. Multiply-adds are written out and the compiler contracts
// none by itself (-ffp-contract=off), so a result's bits depend neither on the compiler nor on the width of a register.
#pragma once

#include <immintrin.h>

namespace ATELIER_ISA {

#if defined(__AVX512F__)

constexpr int kLanes = 16;
using Lanes = __m512;

inline Lanes Load(const float* from) { return _mm512_loadu_ps(from); }
inline void Store(float* to, Lanes value) { _mm512_storeu_ps(to, value); }
inline Lanes Spread(float value) { return _mm512_set1_ps(value); }
inline Lanes Zero() { return _mm512_setzero_ps(); }
inline Lanes MultiplyAdd(Lanes a, Lanes b, Lanes sum) { return _mm512_fmadd_ps(a, b, sum); }

#else

constexpr int kLanes = 8;
using Lanes = __m256;

inline Lanes Load(const float* from) { return _mm256_loadu_ps(from); }
inline void Store(float* to, Lanes value) { _mm256_storeu_ps(to, value); }
inline Lanes Spread(float value) { return _mm256_set1_ps(value); }
inline Lanes Zero() { return _mm256_setzero_ps(); }
inline Lanes MultiplyAdd(Lanes a, Lanes b, Lanes sum) { return _mm256_fmadd_ps(a, b, sum); }

#endif

// Of a panel's width: 16 floats are one cache line on every processor, in one register or two.
constexpr int kPanel = 16;
constexpr int kRegisters = kPanel / kLanes;

}  // namespace ATELIER_ISA
