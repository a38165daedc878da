// The training rows are in a temporary file, not in memory.
#include "engine/training/spill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/training/corpus.h"
#include "engine/training/prepare.h"
#include "engine/training/random.h"
#include "tests/training/fixtures.h"

namespace semblance::training {
namespace {

using testing::HasSubstr;

// Bytes of memory that the process had at most since ResetPeak().
size_t Peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
  }
  return 0;
}
bool ResetPeak() {
  return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush);
}

// A process whose files cannot grow past a size, as a disk that is full.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t size) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit smaller = {size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &smaller);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

template <typename Work>
std::string Full(const Work& work) {
  try {
    work();
  } catch (const encoder::Error& error) {
    EXPECT_EQ(error.kind(), encoder::ErrorKind::kFull);
    return error.what();
  }
  return "";
}

TEST(Spill, GivesBackWhatWasWrittenFromAnyPlace) {
  Spill spill("a test");
  std::string all;
  Random random(1, 1);
  while (all.size() < (size_t{5} << 20)) {
    const std::string part(random.Below(300000), static_cast<char>('a' + random.Below(26)));
    spill.Append(part);
    all += part;
  }
  ASSERT_EQ(spill.size(), all.size());
  for (int i = 0; i < 200; ++i) {
    const size_t place = random.Below(all.size());
    std::string read(std::min<size_t>(random.Below(400000), all.size() - place), '?');
    spill.Read(place, read.data(), read.size());
    EXPECT_EQ(read, all.substr(place, read.size()));
  }
}

TEST(Spill, LeavesNothingInTheFolderOfTheEnvironment) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       ("semblance_spill_test." + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  setenv("SQLITE_TMPDIR", folder.c_str(), 1);
  const std::string message = Full([&] {
    const SmallDisk disk(2 << 20);
    Spill spill("the rows of a test");
    const std::string part(100000, 'x');
    for (int i = 0; i < 100; ++i) spill.Append(part);
  });
  EXPECT_THAT(message,
              HasSubstr("no space left in " + folder.string() + " for the rows of a test"));
  EXPECT_THAT(message, HasSubstr("SQLITE_TMPDIR"));
  {
    Spill spill("a test");
    spill.Append(std::string(3 << 20, 'x'));
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  unsetenv("SQLITE_TMPDIR");
  std::filesystem::remove(folder);
}

TEST(Spill, MemoryOfACorpusDoesNotGrowWithItsText) {
  if (!ResetPeak()) GTEST_SKIP() << "the peak cannot be reset here";
  const size_t before = Peak();
  Corpus corpus(2);
  const std::vector<int32_t> ids(500, 17);
  constexpr size_t kRows = 40000;
  for (size_t row = 0; row < kRows; ++row) {
    corpus.Add(ids);
    corpus.Add({2, static_cast<int32_t>(row), 3});
  }
  ASSERT_EQ(corpus.rows(), kRows);
  EXPECT_LT(Peak() - before, size_t{8} << 20) << "of 80 MB of ids";
  for (const size_t row : {size_t{0}, size_t{12345}, kRows - 1}) {
    const Corpus::Row read = corpus.row(row);
    EXPECT_EQ(read.text(0).size(), 500u);
    EXPECT_EQ(read.text(1)[1], static_cast<int32_t>(row));
  }
}

// Rows of `words` words each, made when they are asked for.
class LongRows : public RowSource {
 public:
  LongRows(size_t rows, size_t words) : rows_(rows), words_(words) {}
  int columns() const override { return 1; }
  bool Next(std::vector<std::string>* row) override {
    if (rows_-- == 0) return false;
    row->assign(1, "");
    for (size_t i = 0; i < words_; ++i)
      (*row)[0] += "word" + std::to_string(random_.Below(90)) + " ";
    return true;
  }

 private:
  size_t rows_, words_;
  Random random_{1, 1};
};

size_t PeakOfPreparing(size_t words) {
  LongRows rows(3000, words);
  Options options = ParseOptions(TinyOptions(R"("tokenizer_rows":100)"));
  ResolveOptions(1, &options);
  ResetPeak();
  const size_t before = Peak();
  const Prepared prepared = Prepare(&rows, nullptr, nullptr, options, {});
  EXPECT_EQ(prepared.corpus->rows(), 3000u);
  return Peak() - before;
}

TEST(Spill, MemoryOfPreparingARunDoesNotGrowWithItsText) {
  if (!ResetPeak()) GTEST_SKIP() << "the peak cannot be reset here";
  PeakOfPreparing(1000);  // what is allocated once
  const size_t little = PeakOfPreparing(1000), much = PeakOfPreparing(3000);
  EXPECT_LT(much, little + (size_t{6} << 20)) << "of 14 MB of text more";
}

TEST(Spill, ATrainingThatFindsTheDiskFullSaysSo) {
  const SmallDisk disk(2 << 20);
  const std::string message = Full([] {
    LongRows rows(3000, 1000);
    TrainingInputs inputs;
    inputs.rows = &rows;
    inputs.options_json = TinyOptions();
    Report report;
    StartRun(inputs)->Next(&report, {});
  });
  EXPECT_THAT(message, HasSubstr("for the training rows' text"));
}

}  // namespace
}  // namespace semblance::training
