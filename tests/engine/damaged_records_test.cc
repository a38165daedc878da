// Records that pass the store's checksums and are not what they should be, as after a fault of this
// program or another: an error of one of the rooms, never a crash.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/error.h"
#include "engine/families.h"
#include "index/error.h"
#include "storage/error.h"
#include "tests/engine/sample_collection.h"

namespace semblance::engine {
namespace {

struct Kind {
  const char* name;
  index::Kind kind;
  index::Quantization quantization;
};

class DamagedRecords : public testing::TestWithParam<Kind> {};

struct Record {
  storage::Family family;
  std::string key;
  std::string value;
};

void Put(storage::Store* store, const Record& record, const std::string& value) {
  const auto transaction = store->Begin();
  transaction->Put(record.family, record.key, value);
  transaction->Commit(false);
}

TEST_P(DamagedRecords, AreAnErrorOrAnAnswer) {
  SampleCollection sample(4, GetParam().kind, GetParam().quantization);
  sample.PutMany(1, 2100);
  sample->Optimize({});
  sample.Delete(7);
  sample.PutMany(1400, 200);
  sample->Maintain(NeverCancel);
  std::vector<Record> records;
  for (const storage::Family family : {kMeta, kSegments, kLog, kRows}) {
    size_t rows = 0;
    for (auto cursor = sample.store().Scan(family, ""); cursor->Valid(); cursor->Next()) {
      if ((family == kRows || family == kLog) && ++rows % 400 != 1) continue;
      records.push_back({family, std::string(cursor->Key()), std::string(cursor->Value())});
    }
  }
  std::mt19937 random(5);
  int errors = 0;
  for (const Record& record : records) {
    for (int round = 0; round < 40; ++round) {
      std::string damaged = record.value;
      const uint32_t how = random() % 8;
      if (how == 0) {
        damaged.resize(damaged.empty() ? 0 : random() % damaged.size());
      } else if (how == 1) {
        damaged += std::string(1 + random() % 9, 'x');
      } else if (!damaged.empty()) {
        // The beginnings hold sizes and kinds.
        const size_t reach =
            random() % 2 == 0 ? std::min<size_t>(damaged.size(), 64) : damaged.size();
        damaged[random() % reach] ^= static_cast<char>(1 << (random() % 8));
      }
      Put(&sample.store(), record, damaged);
      sample.Reopen();
      try {
        sample.Now();
        sample->Check(sample.last_commit(), {1, 2, 3}, Collection::Expect::kVectorAtMost);
      } catch (const Error&) {
        ++errors;
      } catch (const storage::Error&) {
        ++errors;
      } catch (const index::Error&) {
        ++errors;
      }
      Put(&sample.store(), record, record.value);
    }
  }
  sample.Reopen();
  EXPECT_EQ(sample.Now().size(), 2099u);
  EXPECT_GT(errors, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Engine, DamagedRecords,
    testing::Values(Kind{"Flat", index::Kind::kFlat, index::Quantization::kNone},
                    Kind{"Hnsw", index::Kind::kHnsw, index::Quantization::kNone},
                    Kind{"Sq8", index::Kind::kHnsw, index::Quantization::kSq8}),
    [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace semblance::engine
