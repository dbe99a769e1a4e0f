// M(Y) and its transpose: the smaller image of a convolution (winograd.h).
#pragma once

#include "winograd.h"

namespace ATELIER_ISA {

// Calls body(tile, first of its 2x2 pixels, panel) for all tiles of `images` images and all panels of features.
template <typename Pixel, typename Body>
inline void ForEachSmallTile(Pixel* y, const Shape& shape, long images, const Body& body) {
  for (long feature = 0; feature < shape.features; feature += kPanel) {
    long tile = 0;
    for (long image = 0; image < images; ++image)
      for (long ty = 0; ty < shape.TileRows(); ++ty)
        for (long tx = 0; tx < shape.TileColumns(); ++tx, ++tile) {
          const long pixel = (image * shape.height + 2 * ty) * shape.width + 2 * tx;
          body(tile, y + pixel * shape.features + feature, feature / kPanel);
        }
  }
}

// M(Y): rows are tiles, columns features.
inline void TransformSmall(const float* y, const Shape& shape, long images, const Terms& m) {
  const long right = shape.features, below = shape.width * shape.features;
  ForEachSmallTile(y, shape, images, [&](long tile, const float* pixel, long panel) {
    SumQuad(LoadLine(pixel), LoadLine(pixel + right), LoadLine(pixel + below), LoadLine(pixel + below + right),
            [&](int term, const Line& line) { StoreLine(m[term].Panel(panel) + tile * kPanel, line); });
  });
}

// M'(m), into `images` images at `y`.
inline void GatherSmall(const Terms& m, const Shape& shape, long images, float* y) {
  const long right = shape.features, below = shape.width * shape.features;
  ForEachSmallTile(y, shape, images, [&](long tile, float* pixel, long panel) {
    GatherQuad([&](int term) { return LoadLine(m[term].Panel(panel) + tile * kPanel); },
               [&](int p, int q, const Line& line) { StoreLine(pixel + p * below + q * right, line); });
  });
}

}  // namespace ATELIER_ISA
