#include <algorithm>

#include "index/hnsw_writer_internal.h"

namespace semblance::index {

HnswWriter::HnswWriter(const RowMeasure& measure, faiss::HNSW& hnsw, NodeLocks& locks)
    : measure_(measure),
      hnsw_(hnsw),
      locks_(locks),
      most_on_base_(static_cast<size_t>(hnsw.nb_neighbors(0))),
      most_above_(static_cast<size_t>(hnsw.nb_neighbors(1))),
      visited_(hnsw.levels.size()),
      links_(most_on_base_ + 1),
      distances_(links_.size()) {
  pool_.reserve(static_cast<size_t>(hnsw.efConstruction) + 1);
}

size_t HnswWriter::ReadLinks(size_t begin, size_t end) {
  size_t count = 0;
  for (size_t i = begin; i < end; ++i) {
    const Node link = Slot(i).load(std::memory_order_relaxed);
    if (link < 0) break;
    links_[count++] = static_cast<uint32_t>(link);
  }
  return count;
}

HnswWriter::Candidate HnswWriter::Nearest(uint32_t node, Candidate from, int level) {
  for (bool moved = true; moved;) {
    moved = false;
    const size_t begin = Begin(from.node, level);
    const size_t count = ReadLinks(begin, begin + Most(level));
    measure_.Measure(node, links_.data(), count, distances_.data());
    for (size_t i = 0; i < count; ++i) {
      if (distances_[i] >= from.distance) continue;
      from = {distances_[i], links_[i], false};
      moved = true;
    }
  }
  return from;
}

size_t HnswWriter::Offer(float distance, uint32_t node) {
  if (pool_.size() == static_cast<size_t>(hnsw_.efConstruction)) {
    if (distance >= pool_.back().distance) return pool_.size();
    pool_.pop_back();
  }
  const auto place = std::upper_bound(
      pool_.begin(), pool_.end(), distance,
      [](float value, const Candidate& candidate) { return value < candidate.distance; });
  return static_cast<size_t>(pool_.insert(place, {distance, node, false}) - pool_.begin());
}

void HnswWriter::Search(uint32_t node, Candidate from, int level) {
  if (++search_ == 0) {
    std::fill(visited_.begin(), visited_.end(), uint8_t{0});
    search_ = 1;
  }
  visited_[node] = visited_[from.node] = search_;
  pool_.assign(1, {from.distance, from.node, false});
  for (size_t next = 0; next < pool_.size();) {
    pool_[next].opened = true;
    const size_t begin = Begin(pool_[next].node, level);
    const size_t linked = ReadLinks(begin, begin + Most(level));
    size_t count = 0;
    for (size_t i = 0; i < linked; ++i) {
      const uint32_t link = links_[i];
      if (visited_[link] == search_) continue;
      visited_[link] = search_;
      if (count < 4) measure_.Prefetch(link);
      links_[count++] = link;
    }
    measure_.Measure(node, links_.data(), count, distances_.data());
    // On with the nearest that is not opened: what came in, or what follows.
    size_t first = next + 1;
    for (size_t i = 0; i < count; ++i) {
      first = std::min(first, Offer(distances_[i], links_[i]));
    }
    for (next = first; next < pool_.size() && pool_[next].opened;) ++next;
  }
}

bool HnswWriter::IsCovered(const Candidate& candidate) {
  constexpr size_t kTogether = 8;
  for (size_t first = 0; first < chosen_.size(); first += kTogether) {
    const size_t count = std::min(kTogether, chosen_.size() - first);
    float distances[kTogether];
    measure_.Measure(candidate.node, chosen_.data() + first, count, distances);
    for (size_t i = 0; i < count; ++i) {
      if (distances[i] < candidate.distance) return true;
    }
  }
  return false;
}

void HnswWriter::Choose(const std::vector<Candidate>& candidates, size_t most) {
  chosen_.clear();
  chosen_distances_.clear();
  for (const Candidate& candidate : candidates) {
    if (IsCovered(candidate)) continue;
    chosen_.push_back(candidate.node);
    chosen_distances_.push_back(candidate.distance);
    if (chosen_.size() == most) return;
  }
}

void HnswWriter::WriteLinks(size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    const Node link = i - begin < chosen_.size() ? static_cast<Node>(chosen_[i - begin]) : -1;
    Slot(i).store(link, std::memory_order_relaxed);
  }
}

void HnswWriter::LinkBack(uint32_t node, int level, uint32_t to, float distance) {
  const size_t begin = Begin(node, level), end = begin + Most(level);
  const std::lock_guard<std::mutex> lock(locks_.Of(node));
  const size_t count = ReadLinks(begin, end);
  if (count < end - begin) {
    Slot(begin + count).store(static_cast<Node>(to), std::memory_order_relaxed);
    return;
  }
  measure_.Measure(node, links_.data(), count, distances_.data());
  around_.assign(1, {distance, to, false});
  for (size_t i = 0; i < count; ++i) around_.push_back({distances_[i], links_[i], false});
  std::sort(around_.begin(), around_.end(), [](const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.node < b.node;
  });
  Choose(around_, end - begin);
  WriteLinks(begin, end);
}

void HnswWriter::Link(uint32_t node, int level) {
  const size_t begin = Begin(node, level);
  Choose(pool_, Most(level));
  {
    const std::lock_guard<std::mutex> lock(locks_.Of(node));
    WriteLinks(begin, begin + Most(level));
  }
  const std::vector<uint32_t> links = chosen_;
  const std::vector<float> distances = chosen_distances_;
  for (size_t i = 0; i < links.size(); ++i) LinkBack(links[i], level, node, distances[i]);
}

void HnswWriter::Add(uint32_t node, int level) {
  const uint32_t entry = static_cast<uint32_t>(hnsw_.entry_point);
  Candidate nearest = {0, entry, false};
  measure_.Measure(node, &entry, 1, &nearest.distance);
  for (int above = hnsw_.max_level; above > level; --above) nearest = Nearest(node, nearest, above);
  for (int each = std::min(level, hnsw_.max_level); each >= 0; --each) {
    Search(node, nearest, each);
    nearest = pool_.front();
    Link(node, each);
  }
}

}  // namespace semblance::index
