#include "index/rescorer.h"

#include "index/scorer.h"

namespace semblance::index {

void Rescorer::MeasureBatch() {
  if (positions_.empty()) return;
  if (rows_.size() < positions_.size() * query_.size())
    rows_ = BigArray<float>(positions_.size() * query_.size());
  vectors_.Read(positions_, row_ids_, rows_.data());
  const Scorer scorer(metric_, query_, rows_.data(), Scorer::Rows::kRaw);
  distances_.resize(positions_.size());
  scorer.Score(0, positions_.size(), distances_.data());
  for (size_t i = 0; i < positions_.size(); ++i) {
    if (!MayEnter(scorer.Least(static_cast<uint32_t>(i), distances_[i]))) continue;
    const float distance = scorer.Refined(static_cast<uint32_t>(i), distances_[i]);
    nearest_.Offer({row_ids_[i], distance, positions_[i]});
  }
  measured_ += positions_.size();
  positions_.clear();
  row_ids_.clear();
}

}  // namespace semblance::index
