#include "tools/cli/delimited_reader.h"

#include <algorithm>
#include <utility>

namespace semblance::cli {

DelimitedReader::DelimitedReader(const std::string& path, Style style, bool header)
    : RecordReader(path), style_(style) {
  std::vector<std::string> fields;
  if (!ReadFields(&fields)) {
    if (header) Fail(1, "the file is empty; a row of column names was expected");
    return;
  }
  if (header) {
    columns_ = std::move(fields);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].empty())
        Fail(line_, "column " + std::to_string(i + 1) +
                        " has no name; for a file without a row of names add --no-header");
      if (std::count(columns_.begin(), columns_.end(), columns_[i]) > 1) {
        Fail(line_, "two columns are called '" + columns_[i] + "'");
      }
    }
    return;
  }
  for (size_t i = 1; i <= fields.size(); ++i) columns_.push_back("c" + std::to_string(i));
  first_ = std::move(fields);
}

bool DelimitedReader::Next(std::vector<Value>* record) {
  std::vector<std::string> fields;
  if (first_) {
    fields = std::move(*first_);
    first_.reset();
  } else if (!ReadFields(&fields)) {
    return false;
  }
  if (fields.size() != columns_.size()) {
    Fail(line_, std::to_string(fields.size()) + " fields where " + std::to_string(columns_.size()) +
                    " were expected, as in the first line");
  }
  record->clear();
  for (std::string& field : fields) record->emplace_back(std::move(field));
  return true;
}

bool DelimitedReader::ReadFields(std::vector<std::string>* fields) {
  while (source_.Peek() == '\n' || source_.Peek() == '\r') source_.Get();
  line_ = source_.line();
  if (source_.Peek() == ByteSource::kEnd) return false;
  const char separator = style_ == Style::kCsv ? ',' : '\t';
  for (;;) {
    fields->push_back(ReadField());
    const int end = source_.Get();
    if (end == separator) continue;
    if (end == '\r' && source_.Peek() == '\n') source_.Get();
    return true;
  }
}

// Leaves the separator or line end that follows unread.
std::string DelimitedReader::ReadField() {
  const char separator = style_ == Style::kCsv ? ',' : '\t';
  if (style_ == Style::kCsv && source_.Peek() == '"') return ReadQuoted();
  std::string field;
  for (int byte = source_.Peek(); byte != ByteSource::kEnd && byte != separator && byte != '\n';
       byte = source_.Peek()) {
    field += static_cast<char>(source_.Get());
  }
  // The "\r" of a "\r\n" belongs to the line end.
  if (source_.Peek() != separator && !field.empty() && field.back() == '\r') field.pop_back();
  return field;
}

std::string DelimitedReader::ReadQuoted() {
  const uint64_t opened = source_.line();
  source_.Get();
  std::string field;
  for (;;) {
    const int byte = source_.Get();
    if (byte == ByteSource::kEnd) Fail(opened, "the quote that is opened here is never closed");
    if (byte != '"') {
      field += static_cast<char>(byte);
    } else if (source_.Peek() == '"') {
      field += static_cast<char>(source_.Get());
    } else {
      break;
    }
  }
  const int next = source_.Peek();
  if (next != ',' && next != '\n' && next != '\r' && next != ByteSource::kEnd) {
    Fail(source_.line(),
         std::string("after a closing quote a comma or the end of the line was expected, not '") +
             static_cast<char>(next) + "'; a quote inside quotes is written twice");
  }
  return field;
}

}  // namespace semblance::cli
