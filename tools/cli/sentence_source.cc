// SimCSE's training files: sentences, one a line (wiki1m_for_simcse.txt), or pairs with a hard
// negative in the columns sent0, sent1, hard_neg of a CSV file (nli_for_simcse.csv).
#include <algorithm>

#include "tools/cli/commands.h"
#include "tools/cli/migration_source.h"
#include "tools/cli/record_reader.h"

namespace semblance::cli {
namespace {

class SentenceSource : public MigrationSource {
 public:
  explicit SentenceSource(const std::string& file)
      : reader_(RecordReader::Open(file, FormatOf(file), true)) {
    const std::vector<std::string>& names = reader_->columns();
    if (FormatOf(file) == Format::kText) {
      columns_ = {{"sentence", "TEXT EMBED"}};
      return;
    }
    const bool pairs = names.size() >= 2 && names[0] == "sent0" && names[1] == "sent1";
    if (FormatOf(file) != Format::kCsv || !pairs) {
      throw UsageError(
          file +
          " is no database, no text file and no CSV file with the columns sent0, sent1 and maybe "
          "hard_neg; for other files there is semblance import");
    }
    for (const std::string& name : names) {
      // The others are for training: stored, not searched by.
      columns_.push_back({name, name == "sent0" ? "TEXT EMBED" : "TEXT", name != "sent0"});
    }
  }

  const std::vector<MigratedColumn>& columns() const override { return columns_; }
  const std::vector<std::string>& remarks() const override { return remarks_; }
  std::optional<uint64_t> row_count() override { return std::nullopt; }
  bool Next(MigratedRow* row) override {
    row->rowid.reset();
    return reader_->Next(&row->values);
  }

 private:
  const std::unique_ptr<RecordReader> reader_;
  std::vector<MigratedColumn> columns_;
  const std::vector<std::string> remarks_;
};

}  // namespace

std::unique_ptr<MigrationSource> OpenSentenceSource(const std::string& file) {
  return std::make_unique<SentenceSource>(file);
}

}  // namespace semblance::cli
