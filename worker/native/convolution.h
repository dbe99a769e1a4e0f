// The three convolutions by minimal filtering.
#pragma once

#include <optional>

#include "kernels.h"
#include "scratch.h"
#include "winograd-kernel.h"
#include "winograd-large.h"
#include "winograd-small.h"

namespace ATELIER_ISA {

// Images are taken in portions whose transforms stay in a core's cache. A kernel's gradient goes on with its sums from
// portion to portion, so that the order of its terms is the images', however many are taken at a time.
constexpr long kPortionFloats = 1 << 18;

inline Terms TakeTerms(long rows, long columns) {
  const long size = rows * columns;
  return {scratch.Take(kTerms * size), size, rows * kPanel};
}

inline long BlockRows(long rows) { return (rows + kBlockRows - 1) / kBlockRows * kBlockRows; }

// A convolution's shape, how many images are taken at a time, and room for the transforms of the kernel and of so many.
struct Work {
  Shape shape;
  long images;
  Terms u, v, m;

  long LargeSize() const { return 4 * shape.height * shape.width * shape.channels; }
  long SmallSize() const { return shape.height * shape.width * shape.features; }
  long Rows(long num_images) const { return BlockRows(num_images * shape.TilesPerImage()); }

  // Calls body(first image, number of images) for all images.
  template <typename Body>
  void ForEachPortion(const Body& body) const {
    for (long first = 0; first < shape.images; first += images) {
      const long left = shape.images - first;
      body(first, left < images ? left : images);
    }
  }
};

enum class KernelSide { kDepthByFeatures, kFeaturesByDepth };

// Nothing where there is no memory for it.
inline std::optional<Work> BeginWork(const atelier::ConvolutionSizes& sizes, KernelSide side) {
  Work work = {{sizes}, 0, {}, {}, {}};
  const long depth = work.shape.DepthColumns(), features = work.shape.features;
  work.images = kPortionFloats / (kTerms * work.shape.TilesPerImage() * (depth + features));
  if (work.images < 1) work.images = 1;
  if (work.images > work.shape.images) work.images = work.shape.images;
  const long rows = work.Rows(work.images);
  if (!scratch.Reserve(kTerms * (depth * features + rows * depth + rows * features))) return std::nullopt;
  work.u = side == KernelSide::kDepthByFeatures ? TakeTerms(depth, features) : TakeTerms(features, depth);
  work.v = TakeTerms(rows, depth);
  work.m = TakeTerms(rows, features);
  return work;
}

inline bool Convolve(const atelier::ConvolutionSizes& sizes, const float* x, const float* w, float* y) {
  const std::optional<Work> begun = BeginWork(sizes, KernelSide::kDepthByFeatures);
  if (!begun) return false;
  const Work& work = *begun;
  const Shape& shape = work.shape;
  TransformKernel(w, shape, work.u);
  work.ForEachPortion([&](long first, long images) {
    TransformLarge(x + first * work.LargeSize(), shape, images, work.v);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByRows>(work.v[term], work.u[term], work.m[term], work.Rows(images), shape.features / kPanel,
                             shape.Depth(), false);
    GatherSmall(work.m, shape, images, y + first * work.SmallSize());
  });
  return true;
}

inline bool InputGradient(const atelier::ConvolutionSizes& sizes, const float* w, const float* y, float* x) {
  const std::optional<Work> begun = BeginWork(sizes, KernelSide::kFeaturesByDepth);
  if (!begun) return false;
  const Work& work = *begun;
  const Shape& shape = work.shape;
  TransformKernelTransposed(w, shape, work.u);
  work.ForEachPortion([&](long first, long images) {
    TransformSmall(y + first * work.SmallSize(), shape, images, work.m);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByRows>(work.m[term], work.u[term], work.v[term], work.Rows(images),
                             shape.DepthColumns() / kPanel, shape.features, false);
    GatherLarge(work.v, shape, images, x + first * work.LargeSize());
  });
  return true;
}

inline bool KernelGradient(const atelier::ConvolutionSizes& sizes, const float* x, const float* y, float* w) {
  const std::optional<Work> begun = BeginWork(sizes, KernelSide::kDepthByFeatures);
  if (!begun) return false;
  const Work& work = *begun;
  const Shape& shape = work.shape;
  work.ForEachPortion([&](long first, long images) {
    TransformLarge(x + first * work.LargeSize(), shape, images, work.v);
    TransformSmall(y + first * work.SmallSize(), shape, images, work.m);
    for (int term = 0; term < kTerms; ++term)
      Product<Left::kByColumns>(work.v[term], work.m[term], work.u[term], shape.DepthColumns(),
                                shape.features / kPanel, images * shape.TilesPerImage(), first > 0);
  });
  GatherKernel(work.u, shape, w);
  return true;
}

}  // namespace ATELIER_ISA
