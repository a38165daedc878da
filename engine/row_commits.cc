#include "engine/row_commits.h"

#include <algorithm>
#include <cstring>

#include "engine/error.h"

namespace semblance::engine {
namespace {

constexpr char kRuns = 1;
constexpr size_t kHeaderBytes = 1 + sizeof(uint32_t);
constexpr size_t kRunBytes = sizeof(uint32_t) + sizeof(uint64_t);

template <typename T>
void Append(std::string* out, const T& number) {
  out->append(reinterpret_cast<const char*>(&number), sizeof(number));
}
template <typename T>
T Read(std::string_view bytes, size_t at) {
  T number;
  std::memcpy(&number, bytes.data() + at, sizeof(number));
  return number;
}

[[noreturn]] void Refuse(size_t bytes) {
  throw Error(ErrorKind::kCorruption, "the commits of a segment's rows, of " +
                                          std::to_string(bytes) + " bytes, are damaged");
}

}  // namespace

void RowCommits::Add(uint64_t commit) {
  newest_ = std::max(newest_, commit);
  if (commits_.empty() || commits_.back() != commit) {
    firsts_.push_back(size_);
    commits_.push_back(commit);
  }
  ++size_;
}

void RowCommits::Finish() {
  if (firsts_.size() * kRunBytes > size_ * sizeof(uint64_t)) {
    std::vector<uint64_t> of_each(size_);
    for (uint32_t position = 0; position < size_; ++position) of_each[position] = (*this)[position];
    commits_ = std::move(of_each);
    firsts_ = {};
  }
  firsts_.shrink_to_fit();
  commits_.shrink_to_fit();
}

uint64_t RowCommits::operator[](uint32_t position) const {
  if (firsts_.empty()) return commits_[position];
  const auto after = std::upper_bound(firsts_.begin(), firsts_.end(), position);
  return commits_[static_cast<size_t>(after - firsts_.begin()) - 1];
}

std::string RowCommits::Encode() const {
  std::string value;
  if (firsts_.empty()) {
    value.assign(reinterpret_cast<const char*>(commits_.data()),
                 commits_.size() * sizeof(uint64_t));
    return value;
  }
  value.reserve(kHeaderBytes + firsts_.size() * kRunBytes);
  value += kRuns;
  Append(&value, size_);
  for (size_t run = 0; run < firsts_.size(); ++run) {
    Append(&value, firsts_[run]);
    Append(&value, commits_[run]);
  }
  return value;
}

RowCommits RowCommits::Decode(std::string_view value) {
  RowCommits commits;
  if (value.size() % sizeof(uint64_t) == 0) {
    for (size_t at = 0; at < value.size(); at += sizeof(uint64_t))
      commits.Add(Read<uint64_t>(value, at));
  } else {
    if (value.size() < kHeaderBytes + kRunBytes || value[0] != kRuns ||
        (value.size() - kHeaderBytes) % kRunBytes != 0)
      Refuse(value.size());
    commits.size_ = Read<uint32_t>(value, 1);
    for (size_t at = kHeaderBytes; at < value.size(); at += kRunBytes) {
      const uint32_t first = Read<uint32_t>(value, at);
      const bool ascends = commits.firsts_.empty() ? first == 0 : first > commits.firsts_.back();
      if (!ascends || first >= commits.size_) Refuse(value.size());
      commits.firsts_.push_back(first);
      commits.commits_.push_back(Read<uint64_t>(value, at + sizeof(first)));
      commits.newest_ = std::max(commits.newest_, commits.commits_.back());
    }
  }
  commits.Finish();
  return commits;
}

}  // namespace semblance::engine
