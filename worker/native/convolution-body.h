// The three convolutions, once for each kind of processor: included by the file that names it.
#include <cstdlib>

#include "convolution.h"
#include "minimal-filter.h"

namespace ATELIER_ISA {

// Images are taken in portions whose transforms stay in a core's cache; a function of the shapes alone, as the order of
// sums in a kernel's gradient depends on it.
constexpr long kPortionFloats = 1 << 18;

// Memory that a thread keeps from call to call: new pages would cost more than the transforms.
struct Scratch {
  float* data = nullptr;
  long capacity = 0;
  long used = 0;

  ~Scratch() { std::free(data); }

  void Reserve(long floats) {
    used = 0;
    if (floats <= capacity) return;
    std::free(data);
    data = static_cast<float*>(std::aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64));
    capacity = floats;
  }
  float* Take(long floats) {
    float* taken = data + used;
    used += floats;
    return taken;
  }
  Terms TakeTerms(long rows, long columns) {
    const long size = rows * columns;
    return {Take(kTerms * size), size, rows * kPanel};
  }
};
inline thread_local Scratch scratch;

inline long BlockRows(long rows) { return (rows + kBlockRows - 1) / kBlockRows * kBlockRows; }

struct Portion {
  long images, rows;
};
inline Portion PortionOf(const Shape& shape) {
  const long per_image = kTerms * shape.TilesPerImage() * (shape.Depth() + shape.features);
  long images = kPortionFloats / per_image;
  if (images < 1) images = 1;
  if (images > shape.images) images = shape.images;
  return {images, BlockRows(images * shape.TilesPerImage())};
}

inline Shape ShapeOf(const atelier::ConvolutionSizes& sizes) {
  return {sizes.images, sizes.height, sizes.width, sizes.channels, sizes.features};
}

// Calls body(first image, number of images).
template <typename Body>
inline void ForEachPortion(const Shape& shape, const Portion& portion, const Body& body) {
  for (long first = 0; first < shape.images; first += portion.images) {
    const long left = shape.images - first;
    body(first, left < portion.images ? left : portion.images);
  }
}

inline long LargeSize(const Shape& shape) { return 4 * shape.height * shape.width * shape.channels; }
inline long SmallSize(const Shape& shape) { return shape.height * shape.width * shape.features; }

void Convolve(const atelier::ConvolutionSizes& sizes, const float* x, const float* w, float* y) {
  const Shape shape = ShapeOf(sizes);
  const Portion portion = PortionOf(shape);
  scratch.Reserve(kTerms * (portion.rows + shape.features) * shape.Depth() + kTerms * portion.rows * shape.features);
  const Terms u = scratch.TakeTerms(shape.Depth(), shape.features);
  const Terms v = scratch.TakeTerms(portion.rows, shape.Depth());
  const Terms m = scratch.TakeTerms(portion.rows, shape.features);
  TransformKernel(w, shape, u);
  ForEachPortion(shape, portion, [&](long first, long images) {
    TransformLarge(x + first * LargeSize(shape), shape, images, v);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByRows>(v[term], u[term], m[term], BlockRows(images * shape.TilesPerImage()),
                             shape.features / kPanel, shape.Depth(), false);
    GatherSmall(m, shape, images, y + first * SmallSize(shape));
  });
}

void InputGradient(const atelier::ConvolutionSizes& sizes, const float* w, const float* y, float* x) {
  const Shape shape = ShapeOf(sizes);
  const Portion portion = PortionOf(shape);
  scratch.Reserve(kTerms * (portion.rows + shape.features) * shape.Depth() + kTerms * portion.rows * shape.features);
  const Terms u = scratch.TakeTerms(shape.features, shape.Depth());
  const Terms v = scratch.TakeTerms(portion.rows, shape.Depth());
  const Terms m = scratch.TakeTerms(portion.rows, shape.features);
  TransformKernelTransposed(w, shape, u);
  ForEachPortion(shape, portion, [&](long first, long images) {
    TransformSmall(y + first * SmallSize(shape), shape, images, m);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByRows>(m[term], u[term], v[term], BlockRows(images * shape.TilesPerImage()),
                             shape.Depth() / kPanel, shape.features, false);
    GatherLarge(v, shape, images, x + first * LargeSize(shape));
  });
}

void KernelGradient(const atelier::ConvolutionSizes& sizes, const float* x, const float* y, float* w) {
  const Shape shape = ShapeOf(sizes);
  const Portion portion = PortionOf(shape);
  scratch.Reserve(kTerms * (portion.rows + shape.features) * shape.Depth() + kTerms * portion.rows * shape.features);
  const Terms u = scratch.TakeTerms(shape.Depth(), shape.features);
  const Terms v = scratch.TakeTerms(portion.rows, shape.Depth());
  const Terms m = scratch.TakeTerms(portion.rows, shape.features);
  ForEachPortion(shape, portion, [&](long first, long images) {
    TransformLarge(x + first * LargeSize(shape), shape, images, v);
    TransformSmall(y + first * SmallSize(shape), shape, images, m);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByColumns>(v[term], m[term], u[term], shape.Depth(), shape.features / kPanel,
                                images * shape.TilesPerImage(), first > 0);
  });
  GatherKernel(u, shape, w);
}

}  // namespace ATELIER_ISA
