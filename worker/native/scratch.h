// Memory that a thread keeps from call to call: new pages would cost more than what is computed in them.
#pragma once

#include <cstdlib>

namespace ATELIER_ISA {

struct Scratch {
  float* data = nullptr;
  long capacity = 0;
  long used = 0;

  ~Scratch() { std::free(data); }

  // Takes back all that was taken, and makes room for so many floats.
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
};

inline thread_local Scratch scratch;

}  // namespace ATELIER_ISA
