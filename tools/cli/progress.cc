#include "tools/cli/progress.h"

#include <algorithm>
#include <utility>

#include "tools/cli/formatting.h"
#include "tools/cli/terminal.h"

namespace semblance::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::milliseconds kPlainLine{5000};
constexpr size_t kBar = 24;  // columns
// Before this much time has gone, a rate would be noise.
constexpr double kSettled = 0.5;

std::string Bar(double fraction, size_t columns) {
  const auto full = static_cast<size_t>(fraction * static_cast<double>(columns));
  std::string bar(std::min(full, columns), '=');
  if (bar.size() < columns) bar += '>';
  bar.resize(columns, ' ');
  return "[" + bar + "]";
}

}  // namespace

std::string ProgressLine(const std::string& label, const ProgressState& state, size_t bar) {
  std::string line = label;
  const bool known = state.fraction >= 0;
  const double fraction = std::clamp(state.fraction, 0.0, 1.0);
  if (known) {
    if (bar >= 3) line += "  " + Bar(fraction, bar);
    const std::string percent = std::to_string(static_cast<int>(fraction * 100));
    line += "  " + std::string(3 - percent.size(), ' ') + percent + "%";
  }
  line += "  " + FormatCount(state.rows) + " rows";
  if (state.seconds < kSettled) return line;
  line += "  " +
          FormatCount(static_cast<uint64_t>(static_cast<double>(state.rows) / state.seconds)) +
          " rows/s";
  if (known && fraction > 0.01 && fraction < 1) {
    line += "  eta " + FormatSeconds(state.seconds / fraction * (1 - fraction));
  }
  return line;
}

Progress::Progress(std::string label, std::FILE* out)
    : label_(std::move(label)), out_(out), terminal_(IsTerminal(out)) {}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', out_);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

void Progress::Draw(const std::string& line) {
  if (terminal_) {
    std::fprintf(out_, "\r\033[K%s", line.c_str());
    line_open_ = true;
  } else {
    std::fprintf(out_, "%s\n", line.c_str());
  }
  std::fflush(out_);
}

void Progress::Update(double fraction, uint64_t rows) {
  const Clock::time_point now = Clock::now();
  if (now - drawn_ < (terminal_ ? kRedraw : kPlainLine)) return;
  drawn_ = now;
  std::string line = ProgressLine(label_, {fraction, rows, seconds()}, terminal_ ? kBar : 0);
  const size_t width = terminal_ ? TerminalWidth(out_) : 0;
  if (width > 0) line = Ellipsize(line, width - 1);
  Draw(line);
}

void Progress::Finish(uint64_t rows) {
  const double time = seconds();
  std::string line = label_ + "  " + FormatCount(rows) + " rows in " + FormatSeconds(time);
  if (time >= kSettled) {
    line += ", " + FormatCount(static_cast<uint64_t>(static_cast<double>(rows) / time)) + " rows/s";
  }
  Draw(line);
  if (line_open_) std::fputc('\n', out_);
  line_open_ = false;
}

}  // namespace semblance::cli
