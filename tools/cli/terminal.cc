#include "tools/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace semblance::cli {

bool IsTerminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

size_t TerminalWidth(std::FILE* stream) {
  winsize size{};
  if (!IsTerminal(stream) || ioctl(fileno(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace semblance::cli
