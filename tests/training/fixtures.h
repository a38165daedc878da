// Small texts and rows for training tests, made from templates.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/training/run.h"
#include "engine/training/trainer.h"

namespace semblance::training {

class ListedRows : public RowSource {
 public:
  explicit ListedRows(std::vector<std::vector<std::string>> rows) : rows_(std::move(rows)) {}
  int columns() const override { return rows_.empty() ? 1 : static_cast<int>(rows_[0].size()); }
  bool Next(std::vector<std::string>* row) override {
    if (at_ >= rows_.size()) return false;
    *row = rows_[at_++];
    return true;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  size_t at_ = 0;
};

// "the old baker sells fresh bread in the village", 4 x 6 x 5 x 4 different ones in a fixed order.
inline std::vector<std::string> Sentences(size_t count) {
  static const std::vector<std::vector<std::string>> kWords = {
      {"old", "young", "tired", "cheerful"},
      {"baker", "sailor", "teacher", "farmer", "painter", "doctor"},
      {"sells fresh bread", "repairs a wooden boat", "reads a long letter", "feeds the grey horses",
       "paints the high wall"},
      {"in the village", "near the harbour", "behind the school", "under a bright sky"}};
  std::vector<std::string> sentences;
  for (size_t i = 0; i < count; ++i) {
    const size_t mixed = i * 7919;
    sentences.push_back("the " + kWords[0][mixed % 4] + " " + kWords[1][mixed / 4 % 6] + " " +
                        kWords[2][mixed / 24 % 5] + " " + kWords[3][mixed / 120 % 4]);
  }
  return sentences;
}

// Columns: 1 the sentences; 2 with a paraphrase; 3 with a contradiction too.
inline std::vector<std::vector<std::string>> Rows(size_t count, int columns) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& sentence : Sentences(count)) {
    std::vector<std::string> row = {sentence};
    if (columns > 1) row.push_back("someone, " + sentence.substr(4) + ", today");
    if (columns > 2) row.push_back("nobody, " + sentence.substr(4) + ", ever");
    rows.push_back(row);
  }
  return rows;
}

// A network that trains in a second.
inline std::string TinyOptions(const std::string& more = "") {
  return R"({"layers":1,"hidden":32,"heads":2,"vocab_size":200,"max_length":24,"batch":16,"threads":1,)"
         R"("report_every":10,"eval_every":10)" +
         (more.empty() ? "" : "," + more) + "}";
}

struct Trained {
  std::vector<Report> reports;
  encoder::ModelPackage model;
  std::string options;

  std::vector<Report> Phase(const std::string& name) const {
    std::vector<Report> out;
    for (const Report& report : reports) {
      if (report.phase == name) out.push_back(report);
    }
    return out;
  }
};

inline Trained Train(const std::vector<std::vector<std::string>>& rows, const std::string& options,
                     const encoder::ModelPackage* base = nullptr,
                     const std::vector<ScoredPair>& dev = {}) {
  ListedRows source(rows);
  TrainingInputs inputs;
  inputs.rows = &source;
  inputs.dev = dev;
  inputs.base = base;
  inputs.options_json = options;
  const auto run = StartRun(inputs);
  Trained trained;
  for (Report report; run->Next(&report, {});) trained.reports.push_back(report);
  trained.model = run->TakeModel();
  trained.options = run->ResolvedOptions();
  return trained;
}

}  // namespace semblance::training
