#include "tools/cli/record_reader.h"

#include <filesystem>

#include "tools/cli/delimited_reader.h"
#include "tools/cli/jsonl_reader.h"

namespace semblance::cli {
namespace {

class TextReader : public RecordReader {
 public:
  explicit TextReader(const std::string& path) : RecordReader(path) { columns_ = {"text"}; }

  bool Next(std::vector<Value>* record) override {
    std::string text;
    do {
      line_ = source_.line();
      if (!source_.GetLine(&text)) return false;
    } while (text.find_first_not_of(" \t\r\f\v") == std::string::npos);
    record->assign(1, Value(std::move(text)));
    return true;
  }
};

}  // namespace

Format FormatOf(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".csv") return Format::kCsv;
  if (extension == ".tsv" || extension == ".tab") return Format::kTsv;
  if (extension == ".jsonl" || extension == ".ndjson") return Format::kJsonl;
  return Format::kText;
}

std::unique_ptr<RecordReader> RecordReader::Open(const std::string& path, Format format,
                                                 bool header) {
  switch (format) {
    case Format::kCsv:
      return std::make_unique<DelimitedReader>(path, DelimitedReader::Style::kCsv, header);
    case Format::kTsv:
      return std::make_unique<DelimitedReader>(path, DelimitedReader::Style::kTsv, header);
    case Format::kJsonl:
      return std::make_unique<JsonlReader>(path);
    case Format::kText:
      break;
  }
  return std::make_unique<TextReader>(path);
}

}  // namespace semblance::cli
