#include "index/earlier_lists.h"

#include <algorithm>
#include <cmath>

namespace semblance::index {
namespace {

constexpr float kDrift = 1.2f;

template <typename T>
BigArray<T> CopyOf(const BigArray<T>& array) {
  BigArray<T> copy(array.size());
  std::copy_n(array.data(), array.size(), copy.data());
  return copy;
}

template <typename T>
bool Same(const BigArray<T>& a, const BigArray<T>& b) {
  return std::ranges::equal(a.span(), b.span());
}

// The list that a slot is in.
uint32_t ListOf(const IvfLists& lists, uint32_t slot) {
  const std::span<const uint32_t> begins = lists.begins.span();
  return static_cast<uint32_t>(std::upper_bound(begins.begin(), begins.end(), slot) -
                               begins.begin() - 1);
}

bool SameLists(const SegmentData& a, const SegmentData& b) {
  if (!a.lists || a.lists->centres_id != b.lists->centres_id ||
      a.quantization() != b.quantization())
    return false;
  if (a.codes && !Same(a.codes->centre, b.codes->centre)) return false;
  return !a.product || Same(a.product->codebooks, b.product->codebooks);
}

}  // namespace

uint32_t ListsFor(const SegmentOptions& options, uint64_t size) {
  const uint64_t wanted =
      options.lists != 0 ? options.lists
                         : static_cast<uint64_t>(std::lround(std::sqrt(static_cast<double>(size))));
  return static_cast<uint32_t>(
      std::min({std::max<uint64_t>(wanted, 1), size, uint64_t{kMaxLists}}));
}

bool MayLendLists(const SegmentOptions& options, uint64_t size) {
  const Segment* const from = options.earlier.segment.get();
  if (from == nullptr || from->kind() != Kind::kIvf || from->metric() != options.metric ||
      from->dimension() != options.dimension || from->quantization() != options.quantization)
    return false;
  const IvfLists& lists = *from->data().lists;
  const uint64_t all = std::max(options.earlier.all_rows, size);
  return lists.spread > 0 && ListsFor(options, size) <= uint64_t{2} * lists.count() &&
         lists.count() <= uint64_t{2} * ListsFor(options, all);
}

bool HasDrifted(const IvfLists& lists, float spread) { return spread > kDrift * lists.spread; }

void TakeLists(const SegmentData& from, SegmentData& data) {
  data.lists->centres = CopyOf(from.lists->centres);
  data.lists->centres_id = from.lists->centres_id;
  data.lists->spread = from.lists->spread;
  if (data.codes) data.codes->centre = CopyOf(from.codes->centre);
  if (!data.product) return;
  data.product->codebooks = CopyOf(from.product->codebooks);
  FindReaches(*data.product);
}

EarlierRows::EarlierRows(const EarlierLists& earlier, SegmentData& data)
    : earlier_(earlier), data_(data) {
  for (const Segment* source : earlier.sources) {
    if (SameLists(source->data(), data)) in_same_lists_.push_back(source);
  }
}

bool EarlierRows::Copy(uint32_t position, uint32_t* list) const {
  const EarlierLists::Place place = earlier_.place_of(position);
  if (std::ranges::find(in_same_lists_, place.segment) == in_same_lists_.end()) return false;
  const SegmentData& from = place.segment->data();
  const uint32_t slot = from.lists->slots[place.position];
  *list = ListOf(*from.lists, slot);
  if (data_.product) {
    data_.product->terms[position] = from.product->terms[slot];
    PackedCodes(*from.product, slot,
                data_.product->codes.data() + position * data_.product->groups());
  } else if (data_.codes) {
    const size_t stride = data_.codes->stride();
    data_.codes->terms[position] = from.codes->terms[slot];
    std::copy_n(from.codes->codes.data() + slot * stride, stride,
                data_.codes->codes.data() + position * stride);
  } else {
    const size_t dimension = data_.dimension;
    std::copy_n(from.vectors.data() + slot * dimension, dimension,
                data_.vectors.data() + position * dimension);
  }
  return true;
}

}  // namespace semblance::index
