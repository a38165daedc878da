#include "engine/training/tag_evaluation.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <utility>

#include "engine/training/measures.h"
#include "engine/training/retrieval.h"

namespace semblance::training {
namespace {

// Pairs of vectors grow with the square.
constexpr size_t kUniformityTexts = 1024;

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string Number(const char* name, double value) {
  std::string text = "null";
  if (std::isfinite(value)) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", value);
    text = digits;
  }
  return std::string(",\"") + name + "\":" + text;
}

std::string ListOf(const char* name, const std::vector<std::string>& objects) {
  std::string list;
  for (const std::string& object : objects) list += (list.empty() ? "" : ",") + object;
  return std::string("\"") + name + "\":[" + list + "]";
}

// What was found of some of the pairs.
class Group {
 public:
  // `a` and `b` are one pair's vectors.
  void AddPair(const float* a, const float* b, size_t dimension) {
    first_.insert(first_.end(), a, a + dimension);
    second_.insert(second_.end(), b, b + dimension);
  }
  void AddFound(double forward, double backward) {
    ++count_;
    forward_ += forward;
    backward_ += backward;
  }
  void AddText(const float* vector, size_t dimension) {
    if (++count_ > kUniformityTexts) return;
    texts_.insert(texts_.end(), vector, vector + dimension);
  }

  std::string count() const { return Number("count", static_cast<double>(count_)); }
  std::string found() const {
    const double count = static_cast<double>(count_);
    return Number("a_to_b", forward_ / count) + Number("b_to_a", backward_ / count);
  }
  std::string alignment(size_t dimension) const {
    return Number("alignment", Alignment(first_, second_, dimension));
  }
  std::string uniformity(size_t dimension) const {
    return Number("uniformity", Uniformity(texts_, dimension));
  }

 private:
  std::vector<float> first_, second_, texts_;
  size_t count_ = 0;  // of pairs, or of texts
  double forward_ = 0, backward_ = 0;
};

std::string ByTags(const TaggedSet& pairs, const std::vector<float>& a, const std::vector<float>& b,
                   size_t dimension, const Retrieval& found) {
  std::map<std::pair<std::string, std::string>, Group> by_pair;
  std::map<std::string, Group> by_tag;
  for (size_t i = 0; i < pairs.first.size(); ++i) {
    const float *left = &a[i * dimension], *right = &b[i * dimension];
    const std::string &tag_a = pairs.first_tags[i], &tag_b = pairs.second_tags[i];
    Group& both = by_pair[{tag_a, tag_b}];
    both.AddPair(left, right, dimension);
    both.AddFound(found.forward[i], found.backward[i]);
    by_tag[tag_a].AddPair(left, right, dimension);
    if (tag_a != tag_b) by_tag[tag_b].AddPair(left, right, dimension);
    by_tag[tag_a].AddText(left, dimension);
    by_tag[tag_b].AddText(right, dimension);
  }
  std::vector<std::string> listed_pairs, listed_tags;
  for (const auto& [tags, group] : by_pair) {
    listed_pairs.push_back("{\"a\":" + Quoted(tags.first) + ",\"b\":" + Quoted(tags.second) +
                           group.count() + group.found() + group.alignment(dimension) + "}");
  }
  for (const auto& [tag, group] : by_tag) {
    listed_tags.push_back("{\"tag\":" + Quoted(tag) + group.count() + group.alignment(dimension) +
                          group.uniformity(dimension) + "}");
  }
  return "{" + ListOf("pairs", listed_pairs) + "," + ListOf("tags", listed_tags) + "}";
}

}  // namespace

void MeasureTagged(const TaggedSet& pairs, size_t dimension, Learner* learner, Report* report) {
  const auto embedded = [&](const std::vector<std::vector<int32_t>>& texts) {
    return learner->Embed({texts.begin(), texts.end()}, false);
  };
  const std::vector<float> a = embedded(pairs.first), b = embedded(pairs.second);
  const Retrieval found = RetrievePairs(a, b, dimension, [] { return false; });
  const double sum = std::accumulate(found.forward.begin(), found.forward.end(), 0.0) +
                     std::accumulate(found.backward.begin(), found.backward.end(), 0.0);
  report->retrieval = sum / (2 * static_cast<double>(found.forward.size()));
  report->by_tags = ByTags(pairs, a, b, dimension, found);
}

}  // namespace semblance::training
