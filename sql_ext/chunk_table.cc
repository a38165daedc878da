// chunk(text, tokens [, overlap [, model]]): the passages of a text, none of more tokens of a
// model's tokenizer than it is asked for (engine/encoder/passages.h).
#include <string>
#include <string_view>
#include <vector>

#include "engine/encoder/passages.h"
#include "sql_ext/function_table.h"
#include "sql_ext/guard.h"
#include "sql_ext/values.h"

namespace semblance::sql {
namespace {

enum ColumnNumber { kChunk, kText, kStart, kLength, kSource };
enum ArgumentNumber { kTextArgument, kTokens, kOverlap, kModel };

constexpr int64_t kMostTokens = 1'000'000;

// Characters as SQLite counts them: bytes that do not continue one.
int64_t Characters(std::string_view text) {
  int64_t count = 0;
  for (const char byte : text) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  return count;
}

class Chunks : public FunctionRows {
 public:
  Chunks(std::string text, std::vector<encoder::Passage> passages)
      : text_(std::move(text)), passages_(std::move(passages)) {}

  bool Next() override {
    if (at_ == passages_.size()) return false;
    const encoder::Passage& passage = passages_[at_++];
    // Passages begin one after another, so what is before is counted once.
    start_ += Characters(std::string_view(text_).substr(begin_, passage.begin - begin_));
    begin_ = passage.begin;
    return true;
  }

  void Column(sqlite3_context* context, int column) const override {
    const std::string_view text = std::string_view(text_).substr(begin_, passages_[at_ - 1].length);
    switch (column) {
      case kChunk:
        return sqlite3_result_int64(context, static_cast<int64_t>(at_));
      case kText:
        return ResultText(context, text);
      case kStart:
        return sqlite3_result_int64(context, start_);
      default:
        return sqlite3_result_int64(context, Characters(text));
    }
  }

 private:
  const std::string text_;
  const std::vector<encoder::Passage> passages_;
  size_t at_ = 0;      // behind the current one
  size_t begin_ = 0;   // of the current one, in bytes
  int64_t start_ = 1;  // of the current one, in characters from 1
};

std::unique_ptr<FunctionRows> OpenChunks(const ConnectionPtr& connection,
                                         const FunctionArguments& arguments) {
  std::string text = arguments.Text(kTextArgument, "the text");
  const std::string model =
      arguments.OptionalText(kModel, "the name of a model").value_or("default");
  const std::string id = connection->Models()->Find(model).id;
  const encoder::Tokenizer& tokenizer = connection->EncoderOf(id).tokenizer();
  const int64_t least = encoder::LeastTokens(tokenizer);
  const int64_t tokens = arguments.Integer(
      kTokens, "the most tokens of a passage, [CLS] and [SEP] included", least, kMostTokens);
  const int64_t overlap =
      arguments.Given(kOverlap)
          ? arguments.Integer(kOverlap, "the tokens that passages share, fewer than they have", 0,
                              tokens - least)
          : 0;
  auto passages = encoder::CutIntoPassages(
      tokenizer, text, {static_cast<uint32_t>(tokens), static_cast<uint32_t>(overlap)},
      connection->Cancel());
  return std::make_unique<Chunks>(std::move(text), std::move(passages));
}

constexpr FunctionTable kChunks = {
    "chunk",
    "CREATE TABLE x(chunk INTEGER, text TEXT, start INTEGER, length INTEGER,"
    " source HIDDEN, tokens HIDDEN, overlap HIDDEN, model HIDDEN)",
    kSource,
    4,
    2,
    "2 arguments: SELECT text FROM chunk('a long text', 64, 16)",
    FunctionTable::Use::kAnywhere,
    FunctionTable::Nulls::kNoRows,
    OpenChunks};

}  // namespace

void RegisterChunkTable(sqlite3* db, const ConnectionPtr& connection) {
  RegisterFunctionTable(db, &kChunks, connection);
}

}  // namespace semblance::sql
