// Memory that a thread keeps from call to call: new pages would cost more than what is computed in them.
#pragma once

#include <climits>
#include <cstdio>
#include <cstdlib>

namespace ATELIER_ISA {

// Floats of a cache line.
constexpr long kLine = 16;

inline long WholeLines(long floats) { return (floats + kLine - 1) / kLine * kLine; }

class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::free(data_); }

  // Takes back all that was taken, and makes room for so many floats. False where there is no memory for them: nothing
  // can be taken then.
  [[nodiscard]] bool Reserve(long floats) {
    used_ = 0;
    if (floats <= capacity_) return true;
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
    if (floats > kMaxFloats) return false;
    data_ = static_cast<float*>(std::aligned_alloc(kLine * sizeof(float), WholeLines(floats) * sizeof(float)));
    if (data_ == nullptr) return false;
    capacity_ = WholeLines(floats);
    return true;
  }

  // Whole cache lines with so many floats. Ends the process where fewer are left: what would be written beyond them
  // is other memory.
  float* Take(long floats) {
    const long taken = WholeLines(floats);
    if (floats < 0 || taken > capacity_ - used_) {
      std::fprintf(stderr, "atelier: %ld floats taken of scratch memory that has %ld left\n", floats, capacity_ - used_);
      std::abort();
    }
    used_ += taken;
    return data_ + used_ - taken;
  }

 private:
  static constexpr long kMaxFloats = LONG_MAX / static_cast<long>(sizeof(float)) - kLine;

  float* data_ = nullptr;
  long capacity_ = 0;
  long used_ = 0;
};

inline thread_local Scratch scratch;

}  // namespace ATELIER_ISA
