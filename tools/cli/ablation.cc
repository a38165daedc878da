#include "tools/cli/ablation.h"

namespace semblance::cli {

const std::vector<Setting>& Settings() {
  static const auto* const settings = new std::vector<Setting>{
      // clang-format off
      {"simcse", "{}", 82.5},
      {"dropout-0", R"({"dropout":0})", 71.1},
      {"dropout-0.01", R"({"dropout":0.01})", 72.6},
      {"dropout-0.05", R"({"dropout":0.05})", 81.1},
      {"dropout-0.15", R"({"dropout":0.15})", 81.4},
      {"dropout-0.2", R"({"dropout":0.2})", 80.5},
      {"dropout-0.5", R"({"dropout":0.5})", 71.0},
      {"fixed-mask", R"({"fixed_mask":true})", 43.6},
      {"crop-10", R"({"augment":"crop","augment_rate":0.1})", 77.8},
      {"crop-20", R"({"augment":"crop","augment_rate":0.2})", {}},
      {"crop-30", R"({"augment":"crop","augment_rate":0.3})", {}},
      {"delete-words-10", R"({"augment":"delete_words","augment_rate":0.1})", {}},
      {"delete-words-20", R"({"augment":"delete_words","augment_rate":0.2})", {}},
      {"delete-words-30", R"({"augment":"delete_words","augment_rate":0.3})", {}},
      {"delete-word", R"({"augment":"delete_word"})", 75.9},
      {"delete-word-no-dropout", R"({"augment":"delete_word","dropout":0})", {}},
      {"mlm-15", R"({"augment":"mlm","augment_rate":0.15,"mlm_weight":0.1})", 62.2},
      {"next-sentence", R"({"augment":"next_sentence"})", {}},
      {"dual-encoder", R"({"dual_encoder":true})", {}},
      {"next-sentence-dual", R"({"augment":"next_sentence","dual_encoder":true})", {}},
      {"cls-mlp-in-training", R"({"pooler":"cls","mlp_only_train":true})", 82.5},
      {"cls-mlp", R"({"pooler":"cls"})", 81.7},
      {"cls", R"({"pooler":"cls_before_pooler"})", 80.9},
      {"temperature-0.01", R"({"temperature":0.01})", {}},
      {"temperature-0.1", R"({"temperature":0.1})", {}},
      {"temperature-1", R"({"temperature":1})", {}},
      // clang-format on
  };
  return *settings;
}

}  // namespace semblance::cli
