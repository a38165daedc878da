// When a collection's segments are made and merged: after so many writes, or when it is asked for.
#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "engine/collection.h"
#include "engine/compaction.h"
#include "engine/error.h"
#include "engine/index_choice.h"

namespace semblance::engine {

// By living rows, as a compaction decides: else it would make of a segment what it was.
index::Kind Collection::KindFor(const SegmentEntry& entry) const {
  return ChooseKind(options_, entry.segment().size() - entry.dead_count(), LivingRows());
}

bool Collection::WantsIndex(const SegmentEntry& entry) const {
  const index::Segment& segment = entry.segment();
  return segment.kind() == index::Kind::kFlat && KindFor(entry) != index::Kind::kFlat;
}

uint64_t Collection::Backlog() const {
  uint64_t rows = state_->tail_count;
  for (const auto& entry : state_->segments) {
    if (WantsIndex(*entry)) rows += entry->segment().size();
  }
  return rows;
}

bool Collection::NeedsMaintenance() const {
  const bool searched = pace_.SearchedLately(Pace::Clock::now());
  return writes_since_manifest_ >= (searched ? kSearchedSealWrites : kSealWrites) ||
         std::any_of(state_->segments.begin(), state_->segments.end(),
                     [&](const auto& entry) { return WantsIndex(*entry); });
}

bool Collection::Maintain(const std::function<bool()>& cancel) {
  std::lock_guard compaction(compaction_mu_);
  bool quick = false;
  {
    std::lock_guard lock(mu_);
    if (!loaded_ || !NeedsMaintenance()) return false;
    quick = state_->tail_count >= kQuickSealRows && options_.kind != index::Kind::kFlat;
  }
  CompactionPlan plan;
  if (quick) {
    plan.indexed = false;
    Compaction(this, plan).Run([] { return false; });
  }
  if (cancel()) return quick;
  plan.indexed = true;
  plan.segments = CompactionPlan::Segments::kSmall;
  plan.threads = std::max(1u, std::thread::hardware_concurrency() / 2);
  uint64_t rows = 0;
  {
    std::lock_guard lock(mu_);
    if (loaded_) rows = Backlog();
  }
  const auto began = Pace::Clock::now();
  const bool done = Compaction(this, plan).Run(cancel) == Compaction::Outcome::kDone;
  if (done) {
    std::lock_guard lock(mu_);
    pace_.Indexed(rows, Pace::Clock::now() - began);
  }
  return done || quick;
}

void Collection::SealLoaded(const std::function<bool()>& cancel) {
  std::lock_guard compaction(compaction_mu_);
  CompactionPlan plan;
  plan.threads = std::max(1u, std::thread::hardware_concurrency());
  {
    std::lock_guard lock(mu_);
    plan.indexed = ChooseKind(options_, RowsAtMost(), RowsAtMost()) == index::Kind::kIvf;
  }
  if (plan.indexed) plan.segments = CompactionPlan::Segments::kSmall;
  if (Compaction(this, plan).Run(cancel) == Compaction::Outcome::kGivenUp)
    throw Error(ErrorKind::kInterrupted, "interrupted");
}

void Collection::Optimize(const std::function<bool()>& cancel) {
  constexpr auto kBetweenPolls = std::chrono::milliseconds(5);
  CompactionPlan plan;
  plan.segments = CompactionPlan::Segments::kAll;
  plan.kept_commits = 0;
  plan.threads = std::max(1u, std::thread::hardware_concurrency());
  while (true) {
    // The background thread may be at it for a long while; and who rewinds goes first.
    if (std::unique_lock compaction(compaction_mu_, std::try_to_lock); compaction) {
      if (Compaction(this, plan).Run(cancel) != Compaction::Outcome::kGivenUp) return;
    }
    if (cancel && cancel()) throw Error(ErrorKind::kInterrupted, "interrupted");
    std::this_thread::sleep_for(kBetweenPolls);
  }
}

}  // namespace semblance::engine
