// One JSON object a line.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tools/cli/record_reader.h"

namespace semblance::cli {

// The columns are the keys of the first 1,000 objects, in the order they come. Numbers keep their
// type, true and false are 1 and 0, arrays and objects become JSON text.
class JsonlReader : public RecordReader {
 public:
  explicit JsonlReader(const std::string& path);
  bool Next(std::vector<Value>* record) override;
  bool typed() const override { return true; }

 private:
  struct Object {
    uint64_t line;
    std::vector<std::pair<std::string, Value>> members;
  };
  bool ReadObject(Object* object);

  std::deque<Object> ahead_;
  std::unordered_map<std::string, size_t> column_of_;
};

}  // namespace semblance::cli
