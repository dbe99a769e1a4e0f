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
//   convolution            Y = M'(V(X) U(W))       [transposed of Y -> V]
//   gradient of X (a transposed convolution)  X = V'(M(Y) U(W)^T)
//   gradient of W          W = U'(V(X)^T M(Y))
//
// The factors are 1 and -1, so rounding stays that of direct convolution within a small factor.
#pragma once

#include "panel-product.h"

namespace ATELIER_ISA {

constexpr int kTerms = 9;
constexpr int kPhases = 4;

// One convolution's shapes. X: [images, 2 * height, 2 * width, channels]; Y: [images, height, width, features];
// W: [4, 4, channels, features]. height and width are even; features are a multiple of 16, channels one, too, or at most
// 4, in which case one panel has all phases.
struct Shape {
  long images, height, width, channels, features;

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

}  // namespace ATELIER_ISA
