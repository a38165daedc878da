#include "engine/training/checked_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/encoder/error.h"
#include "engine/training/random.h"

namespace semblance::training {

using encoder::Error;
using encoder::ErrorKind;

void Checksum::Add(const void* data, size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  while (size > 0) {
    if (bytes_ % 8 == 0 && size >= 8) {
      std::memcpy(&word_, bytes, 8);
      hash_ = Mix(hash_ ^ word_);
      bytes += 8;
      size -= 8;
      bytes_ += 8;
      word_ = 0;
      continue;
    }
    word_ |= static_cast<uint64_t>(*bytes++) << (8 * (bytes_ % 8));
    --size;
    if (++bytes_ % 8 != 0) continue;
    hash_ = Mix(hash_ ^ word_);
    word_ = 0;
  }
}

uint64_t Checksum::value() const { return Mix(Mix(hash_ ^ word_) ^ bytes_); }

CheckedWriter::CheckedWriter(const std::string& path)
    : path_(path), beside_(path + ".part"), file_(std::fopen(beside_.c_str(), "wb")) {
  if (file_ == nullptr) Fail(errno);
}

CheckedWriter::~CheckedWriter() {
  if (file_ != nullptr) std::remove(beside_.c_str());
}

void CheckedWriter::Fail(int error) const {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Error(full ? ErrorKind::kFull : ErrorKind::kInvalid,
              "cannot write " + path_ + ": " + std::strerror(error));
}

void CheckedWriter::Bytes(const void* data, size_t size) {
  checksum_.Add(data, size);
  if (size > 0 && std::fwrite(data, 1, size, file_.get()) != size) Fail(errno);
}

void CheckedWriter::Text(const std::string& text) {
  Number(text.size());
  Bytes(text.data(), text.size());
}

void CheckedWriter::Finish() {
  Number(checksum_.value());
  if (std::fflush(file_.get()) != 0) Fail(errno);
  if (std::rename(beside_.c_str(), path_.c_str()) != 0) Fail(errno);
  file_.reset();
}

CheckedReader::CheckedReader(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "rb")) {
  if (file_ == nullptr) {
    throw Error(ErrorKind::kMissing, "cannot read " + path + ": " + std::strerror(errno));
  }
  if (fseeko(file_.get(), 0, SEEK_END) != 0) Corrupt();
  const off_t size = ftello(file_.get());
  if (size < static_cast<off_t>(sizeof(uint64_t))) Corrupt();
  const uint64_t checked = static_cast<uint64_t>(size) - sizeof(uint64_t);
  std::rewind(file_.get());
  Checksum checksum;
  std::vector<char> part(size_t{1} << 20);
  left_ = static_cast<uint64_t>(size);
  for (uint64_t done = 0; done < checked;) {
    const auto next = static_cast<size_t>(std::min<uint64_t>(part.size(), checked - done));
    Bytes(part.data(), next);
    checksum.Add(part.data(), next);
    done += next;
  }
  if (Number() != checksum.value()) Corrupt();
  std::rewind(file_.get());
  left_ = checked;
}

void CheckedReader::Corrupt() const {
  throw Error(ErrorKind::kCorruption, path_ + " is no corpus of Semblance, or it is damaged");
}

void CheckedReader::Bytes(void* data, size_t size) {
  if (size > left_ || std::fread(data, 1, size, file_.get()) != size) Corrupt();
  left_ -= size;
}

uint64_t CheckedReader::Number() {
  uint64_t number = 0;
  Bytes(&number, sizeof number);
  return number;
}

double CheckedReader::Real() {
  double number = 0;
  Bytes(&number, sizeof number);
  return number;
}

uint64_t CheckedReader::Count(size_t least) {
  const uint64_t count = Number();
  if (count > left_ / least) Corrupt();
  return count;
}

std::string CheckedReader::Text() {
  std::string text(static_cast<size_t>(Count(1)), '\0');
  Bytes(text.data(), text.size());
  return text;
}

std::vector<int32_t> CheckedReader::Ids32() {
  std::vector<int32_t> ids(static_cast<size_t>(Count(sizeof(int32_t))));
  Bytes(ids.data(), ids.size() * sizeof(int32_t));
  return ids;
}

void CheckedReader::Finish() {
  if (left_ != 0) Corrupt();
}

}  // namespace semblance::training
