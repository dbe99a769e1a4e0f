// V(X) and its transpose: the larger image of a convolution (winograd.h).
#pragma once

#include "winograd.h"

namespace ATELIER_ISA {

// The nine terms of a tile's 3x3 inputs.
inline void StoreLarge(Line d[3][3], const Terms& v, long panel, long tile) {
  for (int j = 0; j < 3; ++j) {
    d[0][j] = d[0][j] - d[1][j];
    d[2][j] = d[2][j] - d[1][j];
  }
  for (int i = 0; i < 3; ++i) {
    StoreLine(v[3 * i].Panel(panel) + tile * kPanel, d[i][0] - d[i][1]);
    StoreLine(v[3 * i + 1].Panel(panel) + tile * kPanel, d[i][1]);
    StoreLine(v[3 * i + 2].Panel(panel) + tile * kPanel, d[i][2] - d[i][1]);
  }
}

// V(X) of channels in panels.
inline void TransformWide(const float* x, const Shape& shape, long images, const Terms& v) {
  const long rows = 2 * shape.height, columns = 2 * shape.width, channels = shape.channels;
  for (int phase = 0; phase < kPhases; ++phase) {
    for (long channel = 0; channel < channels; channel += kPanel) {
      const long panel = (phase * channels + channel) / kPanel;
      long tile = 0;
      for (long image = 0; image < images; ++image) {
        const float* pixels = x + image * rows * columns * channels + channel;
        for (long ty = 0; ty < shape.TileRows(); ++ty) {
          for (long tx = 0; tx < shape.TileColumns(); ++tx, ++tile) {
            Line d[3][3];
            for (int i = 0; i < 3; ++i) {
              const long row = 4 * ty + 2 * i + phase / 2 - 1;
              for (int j = 0; j < 3; ++j) {
                const long column = 4 * tx + 2 * j + phase % 2 - 1;
                const bool inside = row >= 0 && row < rows && column >= 0 && column < columns;
                d[i][j] = inside ? LoadLine(pixels + (row * columns + column) * channels) : ZeroLine();
              }
            }
            StoreLarge(d, v, panel, tile);
          }
        }
      }
    }
  }
}

// Of a thin image, the numbers at (row, column) and (row, column + 1), which lie side by side; `inside` of the 2 *
// channels, from `from`, are not outside of the image.
struct ThinPair {
  long offset, from, inside;
};
inline ThinPair ThinPairAt(const Shape& shape, long row, long column) {
  const long rows = 2 * shape.height, columns = 2 * shape.width, channels = shape.channels;
  if (row < 0 || row >= rows) return {0, 0, 0};
  const long offset = (row * columns + column) * channels;
  if (column < 0) return {offset, channels, channels};
  return {offset, 0, column + 1 < columns ? 2 * channels : channels};
}

// Copies a pair's numbers; most pairs are inside, and so many is known to the compiler.
template <int channels>
inline void CopyPair(float* to, const float* from, const ThinPair& pair) {
  if (pair.inside == 2 * channels) {
    for (int e = 0; e < 2 * channels; ++e) to[e] = from[e];
  } else {
    for (long e = pair.from; e < pair.from + pair.inside; ++e) to[e] = from[e];
  }
}

// V(X) of few channels: a line has the four phases of one place.
template <int channels>
inline void TransformThin(const float* x, const Shape& shape, long images, const Terms& v) {
  const long image_size = 4 * shape.height * shape.width * channels;
  long tile = 0;
  for (long image = 0; image < images; ++image) {
    const float* pixels = x + image * image_size;
    for (long ty = 0; ty < shape.TileRows(); ++ty) {
      for (long tx = 0; tx < shape.TileColumns(); ++tx, ++tile) {
        float lines[3][3][kPanel] = {};
        for (int row = 0; row < 6; ++row) {
          for (int j = 0; j < 3; ++j) {
            const ThinPair pair = ThinPairAt(shape, 4 * ty + row - 1, 4 * tx + 2 * j - 1);
            CopyPair<channels>(lines[row / 2][j] + row % 2 * 2 * channels, pixels + pair.offset, pair);
          }
        }
        Line d[3][3];
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) d[i][j] = LoadLine(lines[i][j]);
        StoreLarge(d, v, 0, tile);
      }
    }
  }
}

// V(X): rows are tiles (of 2x2 outputs), columns phases * channels. `x` is the first of `images` images.
inline void TransformLarge(const float* x, const Shape& shape, long images, const Terms& v) {
  switch (shape.channels) {
    case 1:
      return TransformThin<1>(x, shape, images, v);
    case 2:
      return TransformThin<2>(x, shape, images, v);
    case 3:
      return TransformThin<3>(x, shape, images, v);
    case 4:
      return TransformThin<4>(x, shape, images, v);
    default:
      return TransformWide(x, shape, images, v);
  }
}

// Calls emit(gx, line) for all places of row gy of the grid of phases, with what the tiles around it have for it: a place
// between two tiles has a part of both, and nothing comes from outside.
template <typename Emit>
inline void GatherLargeRow(const Terms& v, const Shape& shape, long panel, long image, long gy, const Emit& emit) {
  const long ty = gy / 2, tile = image * shape.TilesPerImage() + ty * shape.TileColumns();
  const bool has_upper = gy > 0, has_lower = ty < shape.TileRows();
  const auto term = [&](int i, int j, long at) { return LoadLine(v[3 * i + j].Panel(panel) + at * kPanel); };
  // The rows' part, for the j-th of a tile's three columns.
  const auto of_rows = [&](int j, long tx) {
    const long at = tile + tx;
    if (gy % 2 == 1) return term(1, j, at) - term(0, j, at) - term(2, j, at);
    if (!has_upper) return term(0, j, at);
    const Line upper = term(2, j, at - shape.TileColumns());
    return has_lower ? upper + term(0, j, at) : upper;
  };
  Line last = ZeroLine();
  for (long tx = 0; tx < shape.TileColumns(); ++tx) {
    const Line first = of_rows(0, tx), third = of_rows(2, tx);
    emit(2 * tx, last + first);
    emit(2 * tx + 1, of_rows(1, tx) - first - third);
    last = third;
  }
  emit(2 * shape.TileColumns(), last);
}

// V'(v), into `images` images at `x`: every pixel is written once, as the sum of what the tiles around it have for it.
inline void GatherLarge(const Terms& v, const Shape& shape, long images, float* x) {
  const long rows = 2 * shape.height, columns = 2 * shape.width, channels = shape.channels;
  const long panels = shape.DepthColumns() / kPanel;
  for (long panel = 0; panel < panels; ++panel) {
    const long phase = panel * kPanel / channels, channel = panel * kPanel % channels;
    for (long image = 0; image < images; ++image) {
      float* pixels = x + image * rows * columns * channels;
      for (long gy = 0; gy <= shape.height; ++gy) {
        GatherLargeRow(v, shape, panel, image, gy, [&](long gx, const Line& line) {
          if (shape.IsThin()) {
            float values[kPanel];
            StoreLine(values, line);
            for (int a = 0; a < 2; ++a) {
              const ThinPair pair = ThinPairAt(shape, 2 * gy + a - 1, 2 * gx - 1);
              const float* from = values + 2 * a * channels;
              float* to = pixels + pair.offset;
              if (channels == 3)
                CopyPair<3>(to, from, pair);
              else
                for (long e = pair.from; e < pair.from + pair.inside; ++e) to[e] = from[e];
            }
          } else {
            const long row = 2 * gy + phase / 2 - 1, column = 2 * gx + phase % 2 - 1;
            if (row >= 0 && row < rows && column >= 0 && column < columns)
              StoreLine(pixels + (row * columns + column) * channels + channel, line);
          }
        });
      }
    }
  }
}

}  // namespace ATELIER_ISA
