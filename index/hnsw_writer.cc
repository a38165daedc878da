#include <algorithm>
#include <queue>

#include "index/hnsw_writer_internal.h"

namespace semblance::index {

using faiss::HNSW;

HnswWriter::HnswWriter(const RowMeasure& measure, HNSW& hnsw, NodeLocks& locks)
    : measure_(measure),
      hnsw_(hnsw),
      locks_(locks),
      pairs_(measure),
      visited_(hnsw.levels.size()),
      links_(static_cast<size_t>(hnsw.nb_neighbors(0)) + 1),
      distances_(links_.size()) {
  pool_.reserve(static_cast<size_t>(hnsw.efConstruction) + 1);
}

size_t HnswWriter::ReadLinks(uint32_t node, int level) {
  size_t begin, end, count = 0;
  hnsw_.neighbor_range(node, level, &begin, &end);
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
    const size_t count = ReadLinks(from.node, level);
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
    const size_t linked = ReadLinks(pool_[next].node, level);
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

void HnswWriter::WriteLinks(uint32_t node, int level,
                            const std::vector<HNSW::NodeDistFarther>& links) {
  size_t begin, end;
  hnsw_.neighbor_range(node, level, &begin, &end);
  for (size_t i = begin; i < end; ++i) {
    const Node link = i - begin < links.size() ? links[i - begin].id : -1;
    Slot(i).store(link, std::memory_order_relaxed);
  }
}

void HnswWriter::LinkBack(uint32_t node, int level, uint32_t to, float distance) {
  const std::lock_guard<std::mutex> lock(locks_.Of(node));
  size_t begin, end;
  hnsw_.neighbor_range(node, level, &begin, &end);
  const size_t count = ReadLinks(node, level);
  if (count < end - begin) {
    Slot(begin + count).store(static_cast<Node>(to), std::memory_order_relaxed);
    return;
  }
  measure_.Measure(node, links_.data(), count, distances_.data());
  std::priority_queue<HNSW::NodeDistFarther> all;
  all.emplace(distance, static_cast<int>(to));
  for (size_t i = 0; i < count; ++i) all.emplace(distances_[i], static_cast<int>(links_[i]));
  std::vector<HNSW::NodeDistFarther> kept;
  HNSW::shrink_neighbor_list(pairs_, all, kept, static_cast<int>(end - begin));
  WriteLinks(node, level, kept);
}

void HnswWriter::Link(uint32_t node, int level) {
  std::priority_queue<HNSW::NodeDistFarther> all;
  for (const Candidate& candidate : pool_) {
    all.emplace(candidate.distance, static_cast<int>(candidate.node));
  }
  std::vector<HNSW::NodeDistFarther> kept;
  HNSW::shrink_neighbor_list(pairs_, all, kept, hnsw_.nb_neighbors(level));
  {
    const std::lock_guard<std::mutex> lock(locks_.Of(node));
    WriteLinks(node, level, kept);
  }
  for (const HNSW::NodeDistFarther& link : kept) {
    LinkBack(static_cast<uint32_t>(link.id), level, node, link.d);
  }
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
