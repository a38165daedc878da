// onnxruntime, as Node has it, running the same network on the same sentences.
#pragma once

#include <string>
#include <vector>

#include "tools/bench/encoder/random_model.h"
#include "tools/bench/encoder/workload.h"

namespace semblance::bench {

struct PeerResult {
  std::string name;  // of the workload
  int threads = 0;
  double seconds = 0;          // of a pass over the sentences in their order, padded
  double sorted_seconds = 0;   // and sorted by length before they are cut into batches
  std::vector<float> vectors;  // [sentences, hidden], not normalised
};

struct PeerRun {
  std::string folder;       // where npm installed onnxruntime-node
  std::string work_folder;  // for the model while it is measured
  std::vector<int> threads;
  double seconds = 0;  // of each measurement
};

// Throws std::runtime_error when node or the package is not there.
std::vector<PeerResult> RunOnnxruntime(const RandomModel& model,
                                       const std::vector<Workload>& workloads, const PeerRun& run);

}  // namespace semblance::bench
