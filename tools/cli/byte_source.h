// The bytes of a file or of standard input, one after the other, counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

namespace semblance::cli {

class ByteSource {
 public:
  static constexpr int kEnd = -1;

  // "-" is standard input. Throws std::runtime_error when the file cannot be opened. A UTF-8 byte
  // order mark at the beginning is skipped.
  explicit ByteSource(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  int Peek();  // the next byte, or kEnd; throws std::runtime_error when reading fails
  int Get();
  // The next line without its "\n" or "\r\n"; false at the end.
  bool GetLine(std::string* line);

  const std::string& path() const { return path_; }
  uint64_t line() const { return line_; }  // of the next byte, from 1
  double fraction() const;                 // read so far, 0 .. 1; -1 when the size is not known

 private:
  void Fill();

  const std::string path_;
  std::FILE* const file_;
  int64_t size_ = -1;
  uint64_t consumed_ = 0;  // bytes before buffer_
  uint64_t line_ = 1;
  std::string buffer_;
  size_t position_ = 0;
};

}  // namespace semblance::cli
