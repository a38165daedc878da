// Records of a text, CSV, TSV or JSONL file: named columns and, row by row, their values.
//
//   text    every line that is not blank is a record with one column, "text"
//   csv     RFC 4180: fields in double quotes may hold commas, line ends and doubled quotes
//   tsv     fields between tabs, nothing is quoted
//   jsonl   one JSON object a line; keys are columns
//
// Threads: one. Errors: InputError, naming the file and the line.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/cli/byte_source.h"
#include "tools/cli/connection.h"

namespace semblance::cli {

class InputError : public std::runtime_error {
 public:
  InputError(const std::string& path, uint64_t line, const std::string& what)
      : std::runtime_error((path == "-" ? "standard input" : path) + ", line " +
                           std::to_string(line) + ": " + what) {}
};

enum class Format { kText, kCsv, kTsv, kJsonl };
// By the file's extension; kText when it says nothing.
Format FormatOf(const std::string& path);

class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // `header`: the first record of a CSV or TSV file names the columns; without it they are c1, c2,
  // ...
  static std::unique_ptr<RecordReader> Open(const std::string& path, Format format, bool header);

  const std::vector<std::string>& columns() const { return columns_; }
  // False at the end. `record` gets one value a column; NULL where a JSON object lacks the key.
  virtual bool Next(std::vector<Value>* record) = 0;
  // Whether values come with types; without, all are text and may look like numbers.
  virtual bool typed() const { return false; }

  uint64_t line() const { return line_; }  // where the last record began
  double fraction() const { return source_.fraction(); }
  const std::string& path() const { return source_.path(); }

 protected:
  explicit RecordReader(const std::string& path) : source_(path) {}
  [[noreturn]] void Fail(uint64_t line, const std::string& what) const {
    throw InputError(source_.path(), line, what);
  }

  ByteSource source_;
  std::vector<std::string> columns_;
  uint64_t line_ = 0;
};

}  // namespace semblance::cli
