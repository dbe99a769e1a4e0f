// Products of matrices that lie in panels: 16 columns side by side, row after row, then the next 16 columns. A panel's
// row is one cache line, so that a product reads whole lines in order, whichever of its sides is transposed.
#pragma once

#include "lanes.h"

namespace ATELIER_ISA {

// A matrix: element (row, column) is data[(column / 16) * stride + row * 16 + column % 16].
struct Panels {
  float* data;
  // Floats from one panel to the next.
  long stride;

  float* Panel(long index) const { return data + index * stride; }
};

// Rows of a result that are summed in registers at a time, and panels: 16 sums with AVX-512, 8 with AVX2. The order in
// which an element's terms are added is that of k, whatever these are.
#if defined(__AVX512F__)
constexpr int kBlockRows = 8;
constexpr int kBlockPanels = 2;
#else
constexpr int kBlockRows = 4;
constexpr int kBlockPanels = 1;
#endif

// Where a product's left side is read from. By rows: element (i, k) of a is A's row i, column k. By columns: A is
// transposed, so k runs down its rows.
enum class Left { kByRows, kByColumns };

template <Left left, int num_panels>
inline void ProductBlock(const Panels& a, long row, const Panels& b, long panel, long depth, const Panels& c,
                         bool add) {
  Lanes sums[kBlockRows][num_panels][kRegisters];
  float* out[num_panels];
  const float* right[num_panels];
  for (int p = 0; p < num_panels; ++p) {
    out[p] = c.Panel(panel + p) + row * kPanel;
    right[p] = b.Panel(panel + p);
  }
  for (int i = 0; i < kBlockRows; ++i)
    for (int p = 0; p < num_panels; ++p)
      for (int r = 0; r < kRegisters; ++r)
        sums[i][p][r] = add ? Load(out[p] + i * kPanel + r * kLanes) : Zero();

  for (long start = 0; start < depth; start += kPanel) {
    const long end = depth - start < kPanel ? depth - start : kPanel;
    const float* block = left == Left::kByRows ? a.Panel(start / kPanel) + row * kPanel
                                               : a.Panel(row / kPanel) + start * kPanel + row % kPanel;
    for (long k = 0; k < end; ++k) {
      Lanes values[num_panels][kRegisters];
      for (int p = 0; p < num_panels; ++p)
        for (int r = 0; r < kRegisters; ++r) values[p][r] = Load(right[p] + (start + k) * kPanel + r * kLanes);
      for (int i = 0; i < kBlockRows; ++i) {
        const Lanes factor = Spread(left == Left::kByRows ? block[i * kPanel + k] : block[k * kPanel + i]);
        for (int p = 0; p < num_panels; ++p)
          for (int r = 0; r < kRegisters; ++r)
            sums[i][p][r] = MultiplyAdd(factor, values[p][r], sums[i][p][r]);
      }
    }
  }
  for (int i = 0; i < kBlockRows; ++i)
    for (int p = 0; p < num_panels; ++p)
      for (int r = 0; r < kRegisters; ++r) Store(out[p] + i * kPanel + r * kLanes, sums[i][p][r]);
}

// c = a b, or c += a b. `rows` (of c) must be a multiple of kBlockRows; c and b have `panels` panels.
template <Left left>
inline void Product(const Panels& a, const Panels& b, const Panels& c, long rows, long panels, long depth, bool add) {
  long panel = 0;
  for (; panel + kBlockPanels <= panels; panel += kBlockPanels)
    for (long row = 0; row < rows; row += kBlockRows)
      ProductBlock<left, kBlockPanels>(a, row, b, panel, depth, c, add);
  for (; panel < panels; ++panel)
    for (long row = 0; row < rows; row += kBlockRows) ProductBlock<left, 1>(a, row, b, panel, depth, c, add);
}

}  // namespace ATELIER_ISA
