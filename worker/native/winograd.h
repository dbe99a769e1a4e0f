// The transforms of a 4x4 convolution of stride 2 by minimal filtering.
//
// A 4x4 kernel of stride 2 over an image is a 2x2 kernel of stride 1 over the four images of its even and odd rows and
// columns (`phase`: row parity * 2 + column parity). Two neighbouring outputs of a 2-tap filter take three products
// instead of four, F(2, 2) of S. Winograd, "Arithmetic Complexity of Computations" (1980), here in both directions:
//
//   inputs d0 d1 d2, taps w0 w1:  m0 = (d0 - d1) w0,  m1 = d1 (w0 + w1),  m2 = (d2 - d1) w1
//   outputs:                      y0 = m0 + m1 = d0 w0 + d1 w1,  y1 = m1 + m2 = d1 w0 + d2 w1
//
// so 9 products for 2x2 outputs instead of 16. With X the larger image, Y the smaller and W the kernel, V(X), M(Y), U(W)
// their transforms and V', M', U' the transposes of these, for each of the 9 terms:
//
//   convolution                               Y = M'(V(X) U(W))
//   gradient of X (a transposed convolution)  X = V'(M(Y) U(W)^T)
//   gradient of W                             W = U'(V(X)^T M(Y))
//
// M and U are one transform, of 2x2 outputs and of 2x2 taps: SumQuad, and its transpose GatherQuad.
// The factors are 1 and -1, so rounding stays that of direct convolution within a small factor.
#pragma once

#include "kernels.h"
#include "panel-product.h"

namespace ATELIER_ISA {

constexpr int kTerms = 9;
constexpr int kPhases = 4;

// A convolution in tiles of 2x2 outputs. Of few channels one panel has all phases.
struct Shape : atelier::ConvolutionSizes {
  long TileRows() const { return height / 2; }
  long TileColumns() const { return width / 2; }
  long TilesPerImage() const { return TileRows() * TileColumns(); }
  long Depth() const { return kPhases * channels; }
  // With the unused columns of the last panel.
  long DepthColumns() const { return (Depth() + kPanel - 1) / kPanel * kPanel; }
  bool IsThin() const { return channels % kPanel != 0; }
};

// Nine matrices of one size, one after another.
struct Terms {
  float* data;
  long size;
  long stride;

  Panels operator[](int term) const { return {data + term * size, stride}; }
};

// A register of 16 neighbouring channels.
struct Line {
  Lanes part[kRegisters];
};
inline Line LoadLine(const float* from) {
  Line line;
  for (int r = 0; r < kRegisters; ++r) line.part[r] = Load(from + r * kLanes);
  return line;
}
inline Line ZeroLine() {
  Line line;
  for (int r = 0; r < kRegisters; ++r) line.part[r] = Zero();
  return line;
}
inline void StoreLine(float* to, const Line& line) {
  for (int r = 0; r < kRegisters; ++r) Store(to + r * kLanes, line.part[r]);
}
inline Line operator+(const Line& a, const Line& b) {
  Line line;
  for (int r = 0; r < kRegisters; ++r) line.part[r] = a.part[r] + b.part[r];
  return line;
}
inline Line operator-(const Line& a, const Line& b) {
  Line line;
  for (int r = 0; r < kRegisters; ++r) line.part[r] = a.part[r] - b.part[r];
  return line;
}

// Calls emit(term, sum) for the nine sums of 2x2 values.
template <typename Emit>
inline void SumQuad(const Line& q00, const Line& q01, const Line& q10, const Line& q11, const Emit& emit) {
  const Line r[3][2] = {{q00, q01}, {q00 + q10, q01 + q11}, {q10, q11}};
  for (int i = 0; i < 3; ++i) {
    emit(3 * i, r[i][0]);
    emit(3 * i + 1, r[i][0] + r[i][1]);
    emit(3 * i + 2, r[i][1]);
  }
}

// Calls emit(p, q, value) for the 2x2 values that nine terms give back; term(index) is one of them.
template <typename Term, typename Emit>
inline void GatherQuad(const Term& term, const Emit& emit) {
  Line r[2][3];
  for (int j = 0; j < 3; ++j) {
    const Line middle = term(3 + j);
    r[0][j] = term(j) + middle;
    r[1][j] = middle + term(6 + j);
  }
  for (int p = 0; p < 2; ++p) {
    emit(p, 0, r[p][0] + r[p][1]);
    emit(p, 1, r[p][1] + r[p][2]);
  }
}

}  // namespace ATELIER_ISA
