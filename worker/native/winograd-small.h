// M(Y) and its transpose: the smaller image of a convolution (winograd.h).
#pragma once

#include "winograd.h"

namespace ATELIER_ISA {

// M(Y): rows are tiles, columns features.
inline void TransformSmall(const float* y, const Shape& shape, long images, const Terms& m) {
  const long width = shape.width, features = shape.features;
  for (long feature = 0; feature < features; feature += kPanel) {
    const long panel = feature / kPanel;
    long tile = 0;
    for (long image = 0; image < images; ++image) {
      for (long ty = 0; ty < shape.TileRows(); ++ty) {
        for (long tx = 0; tx < shape.TileColumns(); ++tx, ++tile) {
          const float* pixel = y + ((image * shape.height + 2 * ty) * width + 2 * tx) * features + feature;
          const Line y00 = LoadLine(pixel), y01 = LoadLine(pixel + features);
          const Line y10 = LoadLine(pixel + width * features), y11 = LoadLine(pixel + (width + 1) * features);
          const Line r[3][2] = {{y00, y01}, {y00 + y10, y01 + y11}, {y10, y11}};
          for (int i = 0; i < 3; ++i) {
            StoreLine(m[3 * i].Panel(panel) + tile * kPanel, r[i][0]);
            StoreLine(m[3 * i + 1].Panel(panel) + tile * kPanel, r[i][0] + r[i][1]);
            StoreLine(m[3 * i + 2].Panel(panel) + tile * kPanel, r[i][1]);
          }
        }
      }
    }
  }
}

// M'(m), into `images` images at `y`.
inline void GatherSmall(const Terms& m, const Shape& shape, long images, float* y) {
  const long width = shape.width, features = shape.features;
  for (long feature = 0; feature < features; feature += kPanel) {
    const long panel = feature / kPanel;
    long tile = 0;
    for (long image = 0; image < images; ++image) {
      for (long ty = 0; ty < shape.TileRows(); ++ty) {
        for (long tx = 0; tx < shape.TileColumns(); ++tx, ++tile) {
          Line r[2][3];
          for (int j = 0; j < 3; ++j) {
            const auto term = [&](int i) { return LoadLine(m[3 * i + j].Panel(panel) + tile * kPanel); };
            const Line middle = term(1);
            r[0][j] = term(0) + middle;
            r[1][j] = middle + term(2);
          }
          for (int i = 0; i < 2; ++i) {
            float* pixel = y + ((image * shape.height + 2 * ty + i) * width + 2 * tx) * features + feature;
            StoreLine(pixel, r[i][0] + r[i][1]);
            StoreLine(pixel + features, r[i][1] + r[i][2]);
          }
        }
      }
    }
  }
}

}  // namespace ATELIER_ISA
