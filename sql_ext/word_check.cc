#include "sql_ext/word_check.h"

#include <xxhash.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include "sql_ext/guard.h"

namespace semblance::sql {
namespace {

constexpr size_t kMost = 10;  // problems
constexpr uint64_t kWordsPerPoll = 4096;
constexpr int kLongestWord = 32768;  // bytes; FTS5 cuts off what is behind

uint64_t HashOfWord(std::string_view word, int64_t position) {
  return XXH3_64bits_withSeed(word.data(), word.size(), static_cast<uint64_t>(position));
}

// The sum over the words of a text; the order in which they are added does not matter.
struct WordSum {
  uint64_t hash = 0;
  int64_t words = 0;  // with a position of their own
};

int AddWord(void* sum_of, int flags, const char* word, int size, int, int) noexcept {
  WordSum& sum = *static_cast<WordSum*>(sum_of);
  if ((flags & FTS5_TOKEN_COLOCATED) == 0 || sum.words == 0) ++sum.words;
  sum.hash += HashOfWord({word, static_cast<size_t>(std::min(size, kLongestWord))}, sum.words - 1);
  return SQLITE_OK;
}

// A tokenizer of the host's FTS5, by the text of tokenize=.
class Tokenizer {
 public:
  Tokenizer(sqlite3* db, const std::string& words) {
    fts5_api* api = nullptr;
    Statement find(db, "SELECT fts5(?1)");
    sqlite3_bind_pointer(find.handle(), 1, &api, "fts5_api_ptr", nullptr);
    find.Step();
    std::istringstream split(words);
    std::string name;
    split >> name;
    std::vector<std::string> rest;
    for (std::string word; split >> word;) rest.push_back(word);
    std::vector<const char*> arguments;
    for (const std::string& word : rest) arguments.push_back(word.c_str());
    void* user = nullptr;
    const bool found =
        api != nullptr && api->xFindTokenizer(api, name.c_str(), &user, &module_) == SQLITE_OK;
    const int code = found ? module_.xCreate(user, arguments.data(),
                                             static_cast<int>(arguments.size()), &tokenizer_)
                           : SQLITE_ERROR;
    if (code != SQLITE_OK) throw SqliteError(code, "FTS5 has no tokenizer " + words, "E_HOST");
  }
  ~Tokenizer() {
    if (tokenizer_ != nullptr) module_.xDelete(tokenizer_);
  }
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  WordSum Sum(const std::string& text) const {
    WordSum sum;
    const int code = module_.xTokenize(tokenizer_, &sum, FTS5_TOKENIZE_DOCUMENT, text.data(),
                                       static_cast<int>(text.size()), AddWord);
    if (code != SQLITE_OK) throw SqliteError(code, "FTS5 could not split a text into words");
    return sum;
  }

 private:
  fts5_tokenizer module_{};
  Fts5Tokenizer* tokenizer_ = nullptr;
};

// What FTS5 itself says of its index; empty: nothing.
std::string OwnProblem(Table* table, size_t vector) {
  try {
    Execute(table->db(), "INSERT INTO " + table->shadow.FtsName(vector) + "(" +
                             Quoted(table->shadow.FtsTable(vector)) +
                             ") VALUES('integrity-check')");
    return "";
  } catch (const SqliteError& error) {
    if ((error.code() & 0xff) != SQLITE_CORRUPT) throw;
    return error.what();
  }
}

// What the index has: the sum of each row that has words.
std::unordered_map<int64_t, uint64_t> IndexedSums(Table* table, size_t vector) {
  sqlite3* const db = table->db();
  const std::string name = "temp." + Quoted("semblance_words");
  Execute(db, "DROP TABLE IF EXISTS " + name);
  Execute(db, "CREATE VIRTUAL TABLE " + name + " USING fts5vocab(" +
                  Quoted(table->shadow.schema()) + ", " + Quoted(table->shadow.FtsTable(vector)) +
                  ", 'instance')");
  std::unordered_map<int64_t, uint64_t> sums;
  {
    Statement read(db, "SELECT doc, term, offset FROM " + name);
    for (uint64_t read_words = 0; read.Step(); ++read_words) {
      if (read_words % kWordsPerPoll == 0) table->connection->ThrowIfInterrupted();
      sums[read.Int(0)] += HashOfWord(read.Text(1), read.Int(2));
    }
  }
  Execute(db, "DROP TABLE " + name);
  return sums;
}

}  // namespace

std::vector<std::string> WordProblems(Table* table, size_t vector) {
  std::vector<std::string> problems;
  const std::string& words = table->columns.vectors[vector].fts;
  if (words.empty()) return problems;
  const auto note = [&](const std::string& problem) {
    if (problems.size() < kMost) problems.push_back(table->shadow.FtsTable(vector) + " " + problem);
  };
  if (const std::string own = OwnProblem(table, vector); !own.empty()) {
    note("is damaged: " + own);
    return problems;
  }
  auto sums = IndexedSums(table, vector);
  const Tokenizer tokenizer(table->db(), words);
  table->shadow.ForEachText(vector, [&](int64_t row_id, const std::string& text) {
    const WordSum expected = tokenizer.Sum(text);
    const auto indexed = sums.find(row_id);
    const std::string row = "row " + std::to_string(row_id);
    if (indexed == sums.end()) {
      if (expected.words > 0) note("does not have the words of " + row);
      return;
    }
    if (indexed->second != expected.hash) note("has other words than the text of " + row);
    sums.erase(indexed);
  });
  std::vector<int64_t> others;  // rows without a text
  for (const auto& [row_id, sum] : sums) others.push_back(row_id);
  std::sort(others.begin(), others.end());
  for (const int64_t row_id : others)
    note("has words of row " + std::to_string(row_id) + ", which has no text");
  return problems;
}

}  // namespace semblance::sql
