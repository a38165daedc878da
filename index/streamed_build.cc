#include "index/streamed_build.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "index/centre_finder.h"
#include "index/clusters.h"
#include "index/earlier_lists.h"
#include "index/error.h"
#include "index/parallel.h"
#include "index/scorer.h"

namespace semblance::index {
namespace {

constexpr uint32_t kBatch = 1024;             // rows read at once
constexpr uint64_t kLeastSample = 4096;       // rows in it
constexpr uint64_t kSampleNumbers = 1 << 26;  // a quarter of a gigabyte
constexpr uint32_t kRounds = 12;              // of k-means: later ones move little
constexpr uint64_t kSeed = 1;

class StreamedBuild {
 public:
  StreamedBuild(const SegmentOptions& options, const VectorSource& vectors,
                const std::function<bool()>& cancel, SegmentData& data)
      : options_(options), vectors_(vectors), cancel_(cancel), data_(data) {}

  bool Run() {
    if (options_.quantization == Quantization::kPq) {
      data_.product = NewProductCodes(data_.size(), options_.dimension);
    } else if (options_.quantization != Quantization::kNone) {
      data_.codes =
          NewCodes(options_.metric, options_.quantization, data_.size(), options_.dimension);
    } else {
      data_.vectors = BigArray<float>(size_t{data_.size()} * options_.dimension);
    }
    if (options_.kind == Kind::kIvf) data_.lists.emplace();
    if (data_.size() == 0) return true;
    if (!(data_.lists && TakeEarlierLists()) && !Learn()) return false;
    if (!ReadAll()) return false;
    if (data_.lists) {
      PutInLists();
      NumberSlots(*data_.lists);
    }
    if (data_.product) PutInBlocks(*data_.product);
    return true;
  }

 private:
  // What all rows have in common, from a sample of them.
  bool Learn() {
    std::vector<float> sample;
    if (!ReadSample(&sample)) return false;
    if (data_.codes) {
      data_.codes->centre =
          CentreOf(options_.metric, sample.data(),
                   static_cast<uint32_t>(sample.size() / options_.dimension), options_.dimension);
    }
    const std::vector<float> rows = data_.product ? EvenlyOf(sample) : std::vector<float>();
    if (data_.lists && !FindCentres(std::move(sample))) return false;
    return !data_.product || FindCodebooks(rows);
  }

  bool TakeEarlierLists() {
    if (!MayLendLists(options_, data_.size())) return false;
    const SegmentData& from = options_.earlier.segment->data();
    if (HasDrifted(*from.lists, SpreadAround(from.lists->centres))) return false;
    TakeLists(from, data_);
    earlier_.emplace(options_.earlier, data_);
    return true;
  }

  // The mean squared distance of some rows to the nearest centre.
  float SpreadAround(const BigArray<float>& centres) const {
    constexpr uint64_t kRows = 2 * kBatch;
    constexpr uint64_t kOtherSeed = kSeed + 1;  // mostly not those that centres were learned of
    const CentreFinder finder(centres.span(), options_.dimension);
    const std::vector<uint32_t> positions = SamplePositions(data_.size(), kRows, kOtherSeed);
    std::vector<float> rows(size_t{kBatch} * options_.dimension), distances;
    double sum = 0;
    for (size_t first = 0; first < positions.size(); first += kBatch) {
      const size_t count = std::min<size_t>(kBatch, positions.size() - first);
      Read(std::span(positions).subspan(first, count), rows.data());
      for (size_t i = 0; i < count; ++i) {
        const auto row = std::span(rows).subspan(i * options_.dimension, options_.dimension);
        sum += finder.Find(row, distances).squared;
      }
    }
    return static_cast<float>(std::min<double>(sum / static_cast<double>(positions.size()),
                                               std::numeric_limits<float>::max()));
  }

  // Rows at ascending positions into out [positions.size(), dimension], checked; under cosine of
  // unit length.
  void Read(std::span<const uint32_t> positions, float* out) const {
    std::vector<int64_t> row_ids;
    for (uint32_t position : positions) row_ids.push_back(data_.row_ids[position]);
    vectors_.Read(positions, row_ids, out);
    for (size_t i = 0; i < positions.size(); ++i) {
      float* const row = out + i * options_.dimension;
      const std::string name = "the vector of row " + std::to_string(row_ids[i]);
      CheckVector(options_.metric, {row, options_.dimension}, name.c_str());
      if (options_.metric == Metric::kCosine) Normalize(row, options_.dimension);
    }
  }

  bool ReadSample(std::vector<float>* sample) const {
    const uint64_t lists = data_.lists ? ListsFor(options_, data_.size()) : 0;
    const uint64_t wanted = std::max(kLeastSample, lists * kSampleOfList);
    const uint64_t most = std::max<uint64_t>(kSampleNumbers / options_.dimension, lists);
    const std::vector<uint32_t> positions =
        SamplePositions(data_.size(), std::min(wanted, most), kSeed);
    sample->resize(positions.size() * options_.dimension);
    const size_t batches = (positions.size() + kBatch - 1) / kBatch;
    return ParallelBlocks(options_.threads, batches, cancel_, [&](size_t batch) {
      const size_t first = batch * kBatch;
      const size_t count = std::min<size_t>(kBatch, positions.size() - first);
      Read(std::span(positions).subspan(first, count), sample->data() + first * options_.dimension);
    });
  }

  bool FindCentres(std::vector<float> sample) {
    ClusterOptions clusters;
    // The centres' own metric: see ivf.h.
    clusters.metric = options_.metric == Metric::kCosine ? Metric::kCosine : Metric::kL2;
    clusters.dimension = options_.dimension;
    clusters.clusters = ListsFor(options_, data_.size());
    clusters.seed = kSeed;
    clusters.rounds = kRounds;
    clusters.first = ClusterOptions::First::kAny;
    clusters.threads = options_.threads;
    clusters.cancel = cancel_;
    try {
      const Clustering found = Clustering::Of(clusters, std::move(sample));
      data_.lists->centres = BigArray<float>(size_t{found.size()} * options_.dimension);
      for (uint32_t i = 0; i < found.size(); ++i) {
        const auto centre = found.centre(i);
        std::copy(centre.begin(), centre.end(),
                  data_.lists->centres.data() + size_t{i} * options_.dimension);
      }
      NameCentres(*data_.lists);
      if (data_.size() >= kSampleOfList * found.size())
        data_.lists->spread = SpreadAround(data_.lists->centres);
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInterrupted) return false;
      throw;
    }
  }

  // Enough of a sample for the few points of a codebook, from its beginning to its end.
  std::vector<float> EvenlyOf(const std::vector<float>& sample) const {
    constexpr size_t kMost = 16384;
    const size_t dimension = options_.dimension, count = sample.size() / dimension;
    const size_t step = (count + kMost - 1) / kMost;
    std::vector<float> rows;
    for (size_t i = 0; i < count; i += step) {
      const auto row = std::span(sample).subspan(i * dimension, dimension);
      rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
  }

  bool FindCodebooks(const std::vector<float>& rows) {
    const CentreFinder finder(data_.lists->centres.span(), options_.dimension);
    std::vector<uint32_t> list_of;
    std::vector<float> distances;
    for (size_t i = 0; i < rows.size(); i += options_.dimension)
      list_of.push_back(
          finder.Find(std::span(rows).subspan(i, options_.dimension), distances).centre);
    return LearnCodebooks(rows, list_of, data_.lists->centres, options_.threads, cancel_,
                          *data_.product);
  }

  // Everything at its position, and the list of each in list_of_.
  bool ReadAll() {
    std::optional<CentreFinder> finder;
    if (data_.lists) {
      finder.emplace(data_.lists->centres.span(), options_.dimension);
      list_of_.resize(data_.size());
    }
    const size_t batches = (size_t{data_.size()} + kBatch - 1) / kBatch;
    return ParallelBlocks(options_.threads, batches, cancel_, [&](size_t batch) {
      const auto first = static_cast<uint32_t>(batch * kBatch);
      std::vector<uint32_t> positions;
      for (uint32_t p = first; p < first + std::min(kBatch, data_.size() - first); ++p) {
        if (!earlier_ || !earlier_->Copy(p, &list_of_[p])) positions.push_back(p);
      }
      if (positions.empty()) return;
      std::vector<float> rows(positions.size() * options_.dimension);
      Read(positions, rows.data());
      std::vector<float> distances;
      for (size_t i = 0; i < positions.size(); ++i) {
        const std::span<const float> row =
            std::span<const float>(rows).subspan(i * options_.dimension, options_.dimension);
        if (finder) list_of_[positions[i]] = finder->Find(row, distances).centre;
        if (data_.product) {
          EncodeInList(row.data(), positions[i]);
        } else if (data_.codes) {
          EncodeRow(row.data(), positions[i], *data_.codes);
        } else {
          std::copy(row.begin(), row.end(),
                    data_.vectors.data() + size_t{positions[i]} * options_.dimension);
        }
      }
    });
  }

  void EncodeInList(const float* row, uint32_t position) {
    ProductCodes& codes = *data_.product;
    const float* const centre =
        data_.lists->centres.data() + size_t{list_of_[position]} * options_.dimension;
    codes.terms[position] = EncodeProduct(codes, options_.metric, row, centre,
                                          codes.codes.data() + position * codes.groups());
  }

  // From positions to slots, in place.
  void PutInLists() {
    IvfLists& lists = *data_.lists;
    const size_t count = lists.centres.size() / options_.dimension;
    std::vector<uint32_t> next(count + 1, 0);
    for (uint32_t list : list_of_) ++next[list + 1];
    std::partial_sum(next.begin(), next.end(), next.begin());
    lists.begins = BigArray<uint32_t>(count + 1);
    std::copy(next.begin(), next.end(), lists.begins.data());
    lists.positions = BigArray<uint32_t>(data_.size());
    // list_of_ becomes the slot of each position.
    for (uint32_t position = 0; position < data_.size(); ++position) {
      const uint32_t slot = next[list_of_[position]]++;
      lists.positions[slot] = position;
      list_of_[position] = slot;
    }
    for (uint32_t at = 0; at < data_.size(); ++at) {
      while (list_of_[at] != at) {
        const uint32_t slot = list_of_[at];
        SwapRows(at, slot);
        std::swap(list_of_[at], list_of_[slot]);
      }
    }
  }

  void SwapRows(uint32_t a, uint32_t b) {
    const auto swap = [a, b](auto* rows, size_t width) {
      std::swap_ranges(rows + a * width, rows + (a + size_t{1}) * width, rows + b * width);
    };
    if (data_.product) {
      swap(data_.product->codes.data(), data_.product->groups());
      std::swap(data_.product->terms[a], data_.product->terms[b]);
    } else if (data_.codes) {
      swap(data_.codes->codes.data(), data_.codes->stride());
      std::swap(data_.codes->terms[a], data_.codes->terms[b]);
    } else {
      swap(data_.vectors.data(), options_.dimension);
    }
  }

  const SegmentOptions& options_;
  const VectorSource& vectors_;
  const std::function<bool()>& cancel_;
  SegmentData& data_;
  std::optional<EarlierRows> earlier_;  // when lists were taken over
  std::vector<uint32_t> list_of_;       // [size], of each position
};

}  // namespace

bool IsStreamed(const SegmentOptions& options) {
  return options.kind == Kind::kIvf ||
         (options.kind == Kind::kFlat && options.quantization != Quantization::kNone);
}

bool BuildStreamed(const SegmentOptions& options, const VectorSource& vectors,
                   const std::function<bool()>& cancel, SegmentData& data) {
  return StreamedBuild(options, vectors, cancel, data).Run();
}

}  // namespace semblance::index
