#include "tools/cli/byte_source.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace semblance::cli {
namespace {

constexpr size_t kChunk = 1 << 16;

std::FILE* Open(const std::string& path) {
  if (path == "-") return stdin;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error("cannot read '" + path + "': " + std::strerror(errno));
  return file;
}

}  // namespace

ByteSource::ByteSource(const std::string& path) : path_(path), file_(Open(path)) {
  struct stat status {};
  if (fstat(fileno(file_), &status) == 0 && S_ISREG(status.st_mode)) size_ = status.st_size;
  try {
    Fill();
  } catch (...) {
    if (file_ != stdin) std::fclose(file_);
    throw;
  }
  if (buffer_.starts_with("\xef\xbb\xbf")) position_ = 3;
}

ByteSource::~ByteSource() {
  if (file_ != stdin) std::fclose(file_);
}

void ByteSource::Fill() {
  consumed_ += buffer_.size();
  buffer_.resize(kChunk);
  position_ = 0;
  buffer_.resize(std::fread(buffer_.data(), 1, kChunk, file_));
  if (std::ferror(file_))
    throw std::runtime_error("cannot read '" + path_ + "': " + std::strerror(errno));
}

int ByteSource::Peek() {
  if (position_ == buffer_.size()) {
    if (std::feof(file_)) return kEnd;
    Fill();
    if (buffer_.empty()) return kEnd;
  }
  return static_cast<unsigned char>(buffer_[position_]);
}

int ByteSource::Get() {
  const int byte = Peek();
  if (byte == kEnd) return kEnd;
  ++position_;
  if (byte == '\n') ++line_;
  return byte;
}

bool ByteSource::GetLine(std::string* line) {
  line->clear();
  if (Peek() == kEnd) return false;
  for (int byte = Get(); byte != kEnd && byte != '\n'; byte = Get())
    *line += static_cast<char>(byte);
  if (!line->empty() && line->back() == '\r') line->pop_back();
  return true;
}

double ByteSource::fraction() const {
  if (size_ <= 0) return -1;
  return static_cast<double>(consumed_ + position_) / static_cast<double>(size_);
}

}  // namespace semblance::cli
