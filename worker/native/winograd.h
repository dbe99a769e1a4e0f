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

// The nine sums of a kernel's 2x2 taps of one phase.
template <typename Value, typename Emit>
inline void SumTaps(const Value& w00, const Value& w01, const Value& w10, const Value& w11, const Emit& emit) {
  const Value r[3][2] = {{w00, w01}, {w00 + w10, w01 + w11}, {w10, w11}};
  for (int i = 0; i < 3; ++i) {
    emit(3 * i, r[i][0]);
    emit(3 * i + 1, r[i][0] + r[i][1]);
    emit(3 * i + 2, r[i][1]);
  }
}

// The tap (p, q) of a phase in W: its row of `features` for channel 0.
inline long TapOffset(const Shape& shape, int phase, int p, int q) {
  return ((2 * p + phase / 2) * 4 + 2 * q + phase % 2) * shape.channels * shape.features;
}

// U(W): rows are phases * channels, columns features.
inline void TransformKernel(const float* w, const Shape& shape, const Terms& u) {
  const long features = shape.features;
  for (long feature = 0; feature < features; feature += kPanel) {
    for (int phase = 0; phase < kPhases; ++phase) {
      for (long channel = 0; channel < shape.channels; ++channel) {
        const auto tap = [&](int p, int q) {
          return LoadLine(w + TapOffset(shape, phase, p, q) + channel * features + feature);
        };
        const long row = phase * shape.channels + channel;
        SumTaps(tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1), [&](int term, const Line& line) {
          StoreLine(u[term].Panel(feature / kPanel) + row * kPanel, line);
        });
      }
    }
  }
}

// to[f][c] = from[c][f] for 16 x 16 floats.
inline void Transpose(const float* from, long from_stride, float to[kPanel][kPanel]) {
  for (int c = 0; c < kPanel; c += 8) {
    for (int f = 0; f < kPanel; f += 8) {
      __m256 r[8], s[8];
      for (int i = 0; i < 8; ++i) r[i] = _mm256_loadu_ps(from + (c + i) * from_stride + f);
      for (int i = 0; i < 8; i += 2) {
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
      }
      for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xEE);
        r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xEE);
      }
      for (int i = 0; i < 4; ++i) {
        _mm256_storeu_ps(&to[f + i][c], _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_storeu_ps(&to[f + i + 4][c], _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
      }
    }
  }
}

// U(W)^T: rows are features, columns phases * channels.
inline void TransformKernelTransposed(const float* w, const Shape& shape, const Terms& u) {
  const long features = shape.features, channels = shape.channels;
  const long panels = shape.DepthColumns() / kPanel;
  float taps[4][kPanel][kPanel] = {};
  for (long panel = 0; panel < panels; ++panel) {
    for (long feature = 0; feature < features; feature += kPanel) {
      for (int tap = 0; tap < 4; ++tap) {
        for (long column = 0; column < kPanel; column += channels < kPanel ? channels : kPanel) {
          const long phase = (panel * kPanel + column) / channels, channel = (panel * kPanel + column) % channels;
          if (phase >= kPhases) break;
          const float* from = w + TapOffset(shape, phase, tap / 2, tap % 2) + channel * features + feature;
          if (!shape.IsThin()) Transpose(from, features, taps[tap]);
          for (long c = 0; shape.IsThin() && c < channels; ++c)
            for (int f = 0; f < kPanel; ++f) taps[tap][f][column + c] = from[c * features + f];
        }
      }
      for (int f = 0; f < kPanel; ++f) {
        const auto tap = [&](int index) { return LoadLine(taps[index][f]); };
        SumTaps(tap(0), tap(1), tap(2), tap(3), [&](int term, const Line& line) {
          StoreLine(u[term].Panel(panel) + (feature + f) * kPanel, line);
        });
      }
    }
  }
}

// U'(u), into W.
inline void GatherKernel(const Terms& u, const Shape& shape, float* w) {
  const long features = shape.features;
  for (int phase = 0; phase < kPhases; ++phase) {
    for (long channel = 0; channel < shape.channels; ++channel) {
      const long row = phase * shape.channels + channel;
      for (long feature = 0; feature < features; feature += kPanel) {
        Line r[2][3];
        for (int j = 0; j < 3; ++j) {
          const auto term = [&](int i) {
            return LoadLine(u[3 * i + j].Panel(feature / kPanel) + row * kPanel);
          };
          const Line middle = term(1);
          r[0][j] = term(0) + middle;
          r[1][j] = middle + term(2);
        }
        for (int p = 0; p < 2; ++p) {
          float* to = w + channel * features + feature;
          StoreLine(to + TapOffset(shape, phase, p, 0), r[p][0] + r[p][1]);
          StoreLine(to + TapOffset(shape, phase, p, 1), r[p][1] + r[p][2]);
        }
      }
    }
  }
}

}  // namespace ATELIER_ISA
