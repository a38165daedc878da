// semblance-trainer: trains on a machine that has LibTorch and nothing else of Semblance.
//
//   semblance corpus notes.db --query "SELECT a, b FROM pairs" -o pairs.corpus     where the
//   database is semblance-trainer pairs.corpus -o model where the GPU is semblance model import
//   notes.db model pairs-v1                                 and back
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tools/trainer/bench.h"
#include "tools/trainer/train.h"

namespace {

constexpr char kUsage[] =
    "usage: semblance-trainer CORPUS -o FOLDER [name=value ...]\n"
    "       semblance-trainer --bench [seconds=5] [name=value ...]\n"
    "\n"
    "CORPUS is a file that `semblance corpus` wrote. FOLDER gets the finished model, for\n"
    "`semblance model import`. Of the training options only those of the machine may be given\n"
    "here: device (cpu, cuda, cuda:1), threads, report_every.\n"
    "\n"
    "--bench measures a training step of the default network, or of layers=, hidden=, heads=,\n"
    "batch=, max_length=, vocab_size=, device=, threads=.\n";

volatile std::sig_atomic_t stopped = 0;

}  // namespace

int main(int argc, char** argv) {
  using namespace semblance::trainer;
  std::vector<std::string> words(argv + 1, argv + argc), settings, rest;
  std::string folder;
  bool bench = false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--bench") {
      bench = true;
    } else if (words[i] == "-o" && i + 1 < words.size()) {
      folder = words[++i];
    } else if (words[i].find('=') != std::string::npos && words[i][0] != '-') {
      settings.push_back(words[i]);
    } else {
      rest.push_back(words[i]);
    }
  }
  const bool understood =
      bench ? rest.empty() && folder.empty() : rest.size() == 1 && !folder.empty();
  if (!understood || words.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::signal(SIGINT, [](int) { stopped = 1; });
  std::signal(SIGTERM, [](int) { stopped = 1; });
  try {
    if (bench) return Bench(settings) ? 0 : 1;
    Train(rest[0], folder, settings, [] { return stopped != 0; });
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "semblance-trainer: %s\n", error.what());
    return 1;
  }
}
