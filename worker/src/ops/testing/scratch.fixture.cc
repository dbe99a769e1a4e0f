// Takes scratch memory from a system that has not always some to give, and prints what came of each.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#define ATELIER_ISA scratch_fixture
#include "scratch.h"

using scratch_fixture::Scratch;

static bool has_memory = true;

extern "C" void* aligned_alloc(size_t alignment, size_t size) {
  void* memory = nullptr;
  return has_memory && posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

static_assert(!std::is_copy_constructible_v<Scratch> && !std::is_copy_assignable_v<Scratch>,
              "two of one memory would free it twice");

int main(int, char** arguments) {
  Scratch scratch;
  const auto reserve = [&](long floats) { std::puts(scratch.Reserve(floats) ? "room" : "no room"); };
  if (std::strcmp(arguments[1], "refused") == 0) {
    reserve(100);
    has_memory = false;
    reserve(100);
    reserve(200);
    reserve(100);
    has_memory = true;
    reserve(LONG_MAX);
    reserve(100);
    std::memset(scratch.Take(100), 0, 100 * sizeof(float));
  } else {
    reserve(100);
    std::printf("%ld\n", scratch.Take(60) - scratch.Take(30));
    std::fflush(stdout);
    scratch.Take(17);
  }
}
