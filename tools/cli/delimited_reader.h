// CSV and TSV.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/record_reader.h"

namespace semblance::cli {

class DelimitedReader : public RecordReader {
 public:
  enum class Style { kCsv, kTsv };  // TSV knows no quotes
  DelimitedReader(const std::string& path, Style style, bool header);
  bool Next(std::vector<Value>* record) override;

 private:
  bool ReadFields(
      std::vector<std::string>* fields);  // false at the end; blank lines are passed over
  std::string ReadField();
  std::string ReadQuoted();

  const Style style_;
  std::optional<std::vector<std::string>> first_;  // the first record, when it is no header
};

}  // namespace semblance::cli
