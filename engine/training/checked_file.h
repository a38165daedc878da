// A file of numbers and texts with a checksum at its end (corpus_file.h says which): written one
// after another, and read so. Little-endian, as every machine that LibTorch runs on.
//
// Errors: encoder::Error, naming the file.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace semblance::training {

static_assert(std::endian::native == std::endian::little);

// Of bytes as they come, in whatever parts.
class Checksum {
 public:
  void Add(const void* data, size_t size);
  uint64_t value() const;

 private:
  uint64_t hash_ = 0, bytes_ = 0;
  uint64_t word_ = 0;  // the bytes since the last whole 8
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileCloser>;

// Writes beside `path`, and takes its place at last.
class CheckedWriter {
 public:
  explicit CheckedWriter(const std::string& path);
  ~CheckedWriter();
  CheckedWriter(const CheckedWriter&) = delete;
  CheckedWriter& operator=(const CheckedWriter&) = delete;

  void Bytes(const void* data, size_t size);
  void Number(uint64_t number) { Bytes(&number, sizeof number); }
  void Real(double number) { Bytes(&number, sizeof number); }
  void Text(const std::string& text);
  template <typename Ids>
  void Ids32(const Ids& ids) {
    Number(ids.size());
    Bytes(ids.data(), ids.size() * sizeof(int32_t));
  }
  void Finish();

 private:
  [[noreturn]] void Fail(int error) const;

  const std::string path_, beside_;
  FilePtr file_;
  Checksum checksum_;
};

class CheckedReader {
 public:
  // Reads the file once to check it.
  explicit CheckedReader(const std::string& path);

  void Bytes(void* data, size_t size);
  uint64_t Number();
  double Real();
  std::string Text();
  std::vector<int32_t> Ids32();
  // A number of things of at least `least` bytes each: never more than the file can hold.
  uint64_t Count(size_t least);
  void Finish();  // nothing may be left
  [[noreturn]] void Corrupt() const;

 private:
  const std::string path_;
  FilePtr file_;
  uint64_t left_ = 0;  // bytes before the checksum
};

}  // namespace semblance::training
