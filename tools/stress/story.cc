#include "tools/stress/story.h"

#include <iterator>
#include <random>

#include "tools/cli/connection.h"

namespace semblance::stress {
namespace {

constexpr int64_t kRowIds = 60;
constexpr int64_t kBulkRows = 2500;  // enough that 'optimize' makes a graph of them
constexpr int kDimension = 8;

enum class Purpose : uint32_t { kChanges = 1, kCommand, kVector, kText };

std::mt19937_64 Dice(uint64_t seed, uint64_t number, Purpose purpose) {
  std::seed_seq sequence{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32),
                         static_cast<uint32_t>(number), static_cast<uint32_t>(purpose)};
  return std::mt19937_64(sequence);
}

std::string RandomVector(std::mt19937_64* dice) {
  std::string json = "[";
  for (int i = 0; i < kDimension; ++i)
    json += (i == 0 ? "" : ",") + std::to_string(static_cast<int>((*dice)() % 17) - 8);
  return json + "]";
}

std::string RandomText(std::mt19937_64* dice) {
  static constexpr const char* kWords[] = {"river", "stone", "a",     "the",  "walks", "dog",
                                           "music", "plays", "green", "old",  "house", "boat",
                                           "reads", "cold",  "rain",  "night"};
  std::string text = kWords[(*dice)() % std::size(kWords)];
  for (uint64_t more = 2 + (*dice)() % 6; more > 0; --more) {
    text += ' ';
    text += kWords[(*dice)() % std::size(kWords)];
  }
  return text;
}

}  // namespace

std::vector<std::string> Story::Schema() const {
  // Exact, all of them: every code is rescored, every list looked into.
  static constexpr const char* kExact[] = {
      "index=flat", "index=flat, quantization=f16, oversample=1000",
      "index=hnsw, quantization=binary, oversample=1000",
      "index=ivf, quantization=sq8, oversample=1000, nprobe=65536", "index=ivf, nprobe=65536"};
  static constexpr const char* kAny[] = {"index=hnsw",
                                         "index=hnsw, quantization=sq8",
                                         "index=ivf, quantization=f16, nlist=20, nprobe=3",
                                         "index=ivf, quantization=binary",
                                         "index=ivf, quantization=pq, oversample=2",
                                         "index=auto"};
  std::mt19937_64 dice(seed_);
  const std::string exact = kExact[dice() % std::size(kExact)];
  const std::string any = kAny[dice() % std::size(kAny)];
  return {"CREATE TABLE progress(number INTEGER)",
          "INSERT INTO progress VALUES (0)",
          "CREATE VIRTUAL TABLE marks USING semblance(tag TEXT, v FLOAT[8], w FLOAT[8], "
          "distance_metric=l2, " +
              exact + ")",
          "CREATE VIRTUAL TABLE texts USING semblance(body TEXT EMBED, n INTEGER PARTITION KEY)",
          "CREATE TABLE points(id INTEGER PRIMARY KEY, v TEXT)",
          "CREATE VIRTUAL TABLE shown USING semblance(v FLOAT[8], distance_metric=l2, " + any +
              ", content='points', content_rowid='id')"};
}

std::vector<Story::Change> Story::Changes(uint64_t number) const {
  std::mt19937_64 dice = Dice(seed_, number, Purpose::kChanges);
  std::vector<Change> changes;
  if (dice() % 60 == 0) {
    const int64_t first = 1000 + static_cast<int64_t>(dice() % 4) * kBulkRows;
    for (int64_t i = 0; i < kBulkRows; ++i) {
      changes.push_back(
          {Change::Kind::kPut, Change::Table::kPoints, first + i, {RandomVector(&dice), ""}});
    }
  }
  for (uint64_t count = 1 + dice() % 8; count > 0; --count) {
    Change change;
    change.kind = dice() % 4 == 0 ? Change::Kind::kDelete : Change::Kind::kPut;
    change.table = static_cast<Change::Table>(dice() % 3);
    change.row_id = 1 + static_cast<int64_t>(dice() % kRowIds);
    const bool text = change.table == Change::Table::kTexts;
    change.row.value = text ? RandomText(&dice) : RandomVector(&dice);
    if (change.table == Change::Table::kMarks) change.row.note = "t" + std::to_string(number);
    if (text) change.row.note = std::to_string(dice() % 5);
    changes.push_back(std::move(change));
  }
  return changes;
}

std::vector<std::string> Story::Statements(uint64_t number) const {
  std::vector<std::string> statements;
  for (const Change& change : Changes(number)) {
    const std::string id = std::to_string(change.row_id);
    const std::string value = cli::QuoteText(change.row.value);
    const bool put = change.kind == Change::Kind::kPut;
    switch (change.table) {
      case Change::Table::kMarks:
        statements.push_back(put ? "REPLACE INTO marks(rowid, tag, v, w) VALUES (" + id + ", " +
                                       cli::QuoteText(change.row.note) + ", " + value + ", " +
                                       value + ")"
                                 : "DELETE FROM marks WHERE rowid = " + id);
        break;
      case Change::Table::kTexts:
        statements.push_back(put ? "REPLACE INTO texts(rowid, body, n) VALUES (" + id + ", " +
                                       value + ", " + change.row.note + ")"
                                 : "DELETE FROM texts WHERE rowid = " + id);
        break;
      case Change::Table::kPoints:
        statements.push_back(put ? "REPLACE INTO points(id, v) VALUES (" + id + ", " + value + ")"
                                 : "DELETE FROM points WHERE id = " + id);
        break;
    }
  }
  // Something that is taken back.
  statements.push_back("SAVEPOINT undone");
  statements.push_back("DELETE FROM marks WHERE rowid % 3 = 0");
  statements.push_back("UPDATE texts SET body = 'never' WHERE rowid < 5");
  statements.push_back("ROLLBACK TO undone");
  statements.push_back("RELEASE undone");
  statements.push_back("UPDATE progress SET number = " + std::to_string(number));
  return statements;
}

void Story::Apply(uint64_t number, State* state) const {
  for (const Change& change : Changes(number)) {
    Rows& rows = change.table == Change::Table::kMarks   ? state->marks
                 : change.table == Change::Table::kTexts ? state->texts
                                                         : state->points;
    if (change.kind == Change::Kind::kPut) {
      rows[change.row_id] = change.row;
    } else {
      rows.erase(change.row_id);
    }
  }
}

std::string Story::Command(uint64_t number) const {
  std::mt19937_64 dice = Dice(seed_, number, Purpose::kCommand);
  static constexpr const char* kCommands[] = {"INSERT INTO marks(marks) VALUES ('optimize')",
                                              "INSERT INTO shown(shown) VALUES ('optimize')",
                                              "INSERT INTO texts(texts) VALUES ('optimize')",
                                              "INSERT INTO texts(texts) VALUES ('rebuild')",
                                              "INSERT INTO texts(texts) VALUES ('model=default')",
                                              "INSERT INTO marks(marks) VALUES ('rebuild')"};
  return dice() % 15 == 0 ? kCommands[dice() % std::size(kCommands)] : "";
}

std::string Story::QueryVector(uint64_t number) const {
  std::mt19937_64 dice = Dice(seed_, number, Purpose::kVector);
  return RandomVector(&dice);
}

std::string Story::QueryText(uint64_t number) const {
  std::mt19937_64 dice = Dice(seed_, number, Purpose::kText);
  return RandomText(&dice);
}

}  // namespace semblance::stress
