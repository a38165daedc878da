// How far a long job is: a bar that is redrawn on a terminal, plain lines elsewhere.
//
// Threads: one. A Progress writes to standard error, so that standard output stays data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace semblance::cli {

struct ProgressState {
  double fraction = -1;  // 0 .. 1; below 0: the end is not known
  uint64_t rows = 0;
  double seconds = 0;  // since the start
};

// "label  [=====>    ]  45%  12,345 rows  2,345 rows/s  eta 12.0 s", without the bar when the end
// is not known or `bar` is less than three columns.
std::string ProgressLine(const std::string& label, const ProgressState& state, size_t bar);

class Progress {
 public:
  explicit Progress(std::string label, std::FILE* out = stderr);
  // Ends the line that is drawn, if one is.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Call as often as you like: it draws ten times a second at most, and plain lines every five
  // seconds.
  void Update(double fraction, uint64_t rows);
  // The last line: rows, time and rate.
  void Finish(uint64_t rows);
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;
  void Draw(const std::string& line);

  // Constant after construction
  const std::string label_;
  std::FILE* const out_;
  const bool terminal_;
  const Clock::time_point start_ = Clock::now();

  Clock::time_point drawn_ = start_;
  bool line_open_ = false;
};

}  // namespace semblance::cli
