// U(W), its transposed form and its transpose: the kernel of a convolution (winograd.h).
#pragma once

#include "winograd.h"

namespace ATELIER_ISA {

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
        SumQuad(tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1), [&](int term, const Line& line) {
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
        SumQuad(tap(0), tap(1), tap(2), tap(3), [&](int term, const Line& line) {
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
        float* to = w + channel * features + feature;
        GatherQuad([&](int term) { return LoadLine(u[term].Panel(feature / kPanel) + row * kPanel); },
                   [&](int p, int q, const Line& line) { StoreLine(to + TapOffset(shape, phase, p, q), line); });
      }
    }
  }
}

}  // namespace ATELIER_ISA
