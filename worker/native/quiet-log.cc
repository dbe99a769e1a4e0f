// Loaded before TensorFlow, this keeps off the terminal what TF_CPP_MIN_LOG_LEVEL asks to leave out. TensorFlow's own
// log obeys that variable. absl's, which a part of TensorFlow writes to, does not, and the absl inside the library
// exports nothing to set. Both write to C's stderr: it is replaced by a stream that lets every other line through at
// once, also those of a process that is about to abort.
#include <node_api.h>

#if defined(__GLIBC__)
#include <poll.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace atelier {
namespace {

int LevelFromEnvironment() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level == nullptr ? 0 : std::atoi(level);
}

const int kLeastLevel = LevelFromEnvironment();

// absl's lines begin with the severity and four digits: "I0000 00:00:1796081428.352705   25811 file.cc:401] ".
bool IsLeftOut(std::string_view line) {
  if (line.rfind("WARNING: All log messages before absl::InitializeLog() is called", 0) == 0) return true;
  constexpr std::string_view kSeverities = "IWEF";
  if (line.size() < 6 || line[5] != ' ') return false;
  for (size_t i = 1; i < 5; i++)
    if (!std::isdigit(static_cast<unsigned char>(line[i]))) return false;
  const size_t severity = kSeverities.find(line[0]);
  return severity != std::string_view::npos && static_cast<int>(severity) < kLeastLevel;
}

ssize_t Write(void*, const char* text, size_t size) {
  if (IsLeftOut({text, size})) return static_cast<ssize_t>(size);
  size_t written = 0;
  while (written < size) {
    const ssize_t count = write(STDERR_FILENO, text + written, size - written);
    if (count >= 0) {
      written += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      // Node may have made it a pipe that does not block.
      pollfd full = {STDERR_FILENO, POLLOUT, 0};
      poll(&full, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return static_cast<ssize_t>(written);
}

// Once in a process, however many threads load the addon.
const bool kReplaced = [] {
  if (kLeastLevel <= 0) return false;
  FILE* stream = fopencookie(nullptr, "w", {nullptr, Write, nullptr, nullptr});
  if (stream == nullptr) return false;
  setvbuf(stream, nullptr, _IONBF, 0);
  stderr = stream;
  return true;
}();

}  // namespace
}  // namespace atelier
#endif

static napi_value Export(napi_env, napi_value exports) { return exports; }

NAPI_MODULE(atelier_quiet_log, Export)
