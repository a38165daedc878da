// What stands between a damaged tokenizer.model and sentencepiece, which ends the process on some
// of them. Everything that could do so runs in a child.
#include "engine/encoder/sentencepiece_model.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "engine/encoder/charsmap.h"
#include "engine/encoder/tokenizer.h"
#include "tests/encoder/fixtures.h"

namespace semblance::encoder {
namespace {

// The wire format, written.
std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
std::string Number(uint32_t field, uint64_t value) { return Varint(field << 3) + Varint(value); }
std::string Bytes(uint32_t field, const std::string& bytes) {
  return Varint(field << 3 | 2) + Varint(bytes.size()) + bytes;
}
std::string Score(float score) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &score, 4);
  return Varint(2 << 3 | 5) + bytes;
}
std::string Piece(const std::string& text, uint64_t type, float score = -1) {
  return Bytes(1, Bytes(1, text) + Score(score) + Number(3, type));
}

constexpr uint64_t kNormal = 1, kUnknown = 2, kControl = 3, kUser = 4;

std::string Specials() {
  return Piece("<unk>", kUnknown) + Piece("[CLS]", kControl) + Piece("[SEP]", kControl);
}
std::string SmallModel() {
  return Specials() + Piece("\xE2\x96\x81", kNormal) + Piece("a", kNormal);
}

ModelPackage PackageOf(const std::string& model) {
  ModelPackage package;
  package.Add("tokenizer.model", model);
  package.Add("tokenizer_config.json", R"({"tokenizer_class": "SentencePiece"})");
  return package;
}

std::optional<ErrorKind> KindOfLoading(const std::string& model) {
  return KindOf([&] { Tokenizer::Load(PackageOf(model)); });
}

// Loads, and where that works tokenizes texts that reach for every corner of a normalisation table.
void Exercise(const std::string& model) {
  try {
    const auto tokenizer = Tokenizer::Load(PackageOf(model));
    std::string text;
    for (uint32_t code = 0x20; code < 0x3000; code += 7) {
      text += static_cast<char>(0xe0 | code >> 12);
      text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
    tokenizer->Encode(text + " The old bridge \xEF\xAC\x81 \xE2\x84\xA6", 4096);
    tokenizer->Encode(std::string("\0\0a\0", 4), 64);
  } catch (const Error&) {
  }
}

// True when `work` returned in a child without ending it.
template <typename Work>
bool SurvivesInChild(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(77);  // an exit by sentencepiece has another status
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 77;
}

TEST(SentencePieceModelTest, ATrainedModelIsReadWithItsReservedPieces) {
  const SentencePieceModel model =
      CheckSentencePieceModel(ReadTestFile("tokenizer/tokenizer.model"));
  EXPECT_EQ(model.piece_count, 299u);
  EXPECT_EQ(model.unk_id, 1);
  EXPECT_EQ(model.reserved.at("[CLS]"), 2);
  EXPECT_EQ(model.reserved.count("e"), 0u);
}

TEST(SentencePieceModelTest, AModelWrittenByHandTokenizes) {
  const auto tokenizer = Tokenizer::Load(PackageOf(SmallModel()));
  EXPECT_EQ(tokenizer->Encode("a", 8), (std::vector<int32_t>{1, 3, 4, 2}));
}

TEST(SentencePieceModelTest, PiecesThatTheLibraryCannotTakeAreRefused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::string> models = {
      "",
      Piece("a", kNormal),  // no unknown piece
      Specials(),           // nothing to match
      SmallModel() + Piece("", kNormal),
      SmallModel() + Piece(std::string("x\0y", 3), kNormal),  // NUL ends a key of its trie
      SmallModel() + Piece("a", kNormal),                     // twice
      SmallModel() + Piece("<unk2>", kUnknown),
      SmallModel() + Piece("b", 9),
      SmallModel() + Piece("b", kNormal, nan),
      SmallModel() + Piece(std::string(1025, 'b'), kNormal),
      SmallModel() + Piece(std::string(65, 'b'), kUser),
      SmallModel() + Piece("<0x41>", 6),      // a byte without byte fallback
      SmallModel() + Bytes(2, Number(3, 9)),  // no such kind of model
      SmallModel() + Bytes(1, Number(1, 5)),  // a number where text should be
      SmallModel() + Number(1, 5),
      SmallModel() + Varint(20 << 3 | 3),  // a group
      SmallModel() + Varint(20 << 3 | 2) + Varint(100) + "short",
      SmallModel() + std::string(11, '\xff')};
  for (size_t i = 0; i < models.size(); ++i) {
    EXPECT_EQ(KindOfLoading(models[i]), ErrorKind::kCorruption) << "model " << i;
  }
}

TEST(SentencePieceModelTest, ModelsOfWordsOrCharactersAreNotSupported) {
  EXPECT_EQ(KindOfLoading(ReadTestFile("tokenizer/character.model")), ErrorKind::kUnsupported);
  EXPECT_EQ(KindOfLoading(SmallModel() + Bytes(2, Number(3, 3))), ErrorKind::kUnsupported);
}

TEST(SentencePieceModelTest, ManyNestedUserPiecesDoNotOverrunTheLibrary) {
  std::string model = SmallModel();
  for (size_t length = 1; length <= 64; ++length) model += Piece(std::string(length, 'u'), kUser);
  const std::string text(200, 'u');
  EXPECT_TRUE(SurvivesInChild([&] { Tokenizer::Load(PackageOf(model))->Encode(text, 64); }));
  EXPECT_EQ(KindOfLoading(model), std::nullopt);
}

// A table of one block of 256 units with room for replacements behind it.
class CharsmapTest : public testing::Test {
 protected:
  CharsmapTest() : units_(256, 0x80000000u) {}  // values that nobody reaches

  std::string Charsmap(const std::string& replacements) const {
    std::string bytes(4, '\0');
    const auto table_bytes = static_cast<uint32_t>(units_.size() * 4);
    std::memcpy(bytes.data(), &table_bytes, 4);
    bytes.append(reinterpret_cast<const char*>(units_.data()), table_bytes);
    return bytes + replacements;
  }
  static uint32_t Inner(uint32_t label, uint32_t offset, bool has_value = false) {
    return label | offset << 10 | (has_value ? 0x100 : 0);
  }

  std::vector<uint32_t> units_;
};

TEST_F(CharsmapTest, ATableOfOneRuleIsSoundUntilSomethingPointsOutside) {
  units_[0] = Inner(0, 1);                // children lie at 1 ^ label
  units_[1 ^ 'a'] = Inner('a', 4, true);  // the value of "a" at 1 ^ 'a' ^ 4
  units_[1 ^ 'a' ^ 4] = 0x80000000u | 2;
  const std::string replacements("x\0y\0", 4);
  EXPECT_TRUE(IsSoundCharsmap(Charsmap(replacements)));
  EXPECT_FALSE(IsSoundCharsmap(Charsmap("x\0y")));  // the last text does not end
  EXPECT_FALSE(IsSoundCharsmap(Charsmap("")));
  units_[1 ^ 'a' ^ 4] = 0x80000000u | 4;  // behind the last text
  EXPECT_FALSE(IsSoundCharsmap(Charsmap(replacements)));
  units_[1 ^ 'a' ^ 4] = 0x80000000u | 2;
  units_[1 ^ 'a'] = Inner('a', 512);  // children in a block that is not there
  EXPECT_FALSE(IsSoundCharsmap(Charsmap(replacements)));
  units_[1 ^ 'a'] = Inner('b', 512);  // nobody's child
  EXPECT_TRUE(IsSoundCharsmap(Charsmap(replacements)));
}

TEST_F(CharsmapTest, ATableThatRunsInACircleIsRefused) {
  units_[0] = Inner(0, 1);
  units_[1 ^ 'a'] = Inner('a', 'a');  // its children lie where the root's do
  EXPECT_FALSE(IsSoundCharsmap(Charsmap(std::string("x\0", 2))));
}

TEST_F(CharsmapTest, SizesThatLieAreRefused) {
  EXPECT_TRUE(IsSoundCharsmap(""));  // no rules at all
  EXPECT_FALSE(IsSoundCharsmap("abc"));
  EXPECT_FALSE(IsSoundCharsmap(std::string("\xff\xff\xff\xff x\0", 7)));
  EXPECT_FALSE(IsSoundCharsmap(std::string("\0\0\0\0 x\0", 7)));
  EXPECT_FALSE(IsSoundCharsmap(std::string("\3\0\0\0abcx\0", 9)));
  std::string charsmap = Charsmap(std::string("x\0", 2));
  EXPECT_FALSE(IsSoundCharsmap(charsmap.substr(0, charsmap.size() - 2)));
}

TEST_F(CharsmapTest, ABrokenTableInAModelNeverReachesTheLibrary) {
  units_[0] = Inner(0, 1);
  units_[1 ^ 'a'] = Inner('a', 0x1fffff, true);
  const std::string model = SmallModel() + Bytes(3, Bytes(2, Charsmap(std::string("x\0", 2))));
  EXPECT_TRUE(SurvivesInChild([&] { Exercise(model); }));
  EXPECT_EQ(KindOfLoading(model), ErrorKind::kCorruption);
  EXPECT_EQ(KindOfLoading(SmallModel() + Bytes(5, Bytes(2, "garbage"))), ErrorKind::kCorruption);
}

TEST(SentencePieceModelTest, NoGarbageEndsTheProcess) {
  EXPECT_TRUE(SurvivesInChild([] {
    std::mt19937 random(11);
    for (int round = 0; round < 2000; ++round) {
      std::string bytes(random() % 400, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      Exercise(bytes);
      Exercise(SmallModel() + bytes);
    }
  }));
}

TEST(SentencePieceModelTest, NoBeginningOfAModelEndsTheProcess) {
  EXPECT_TRUE(SurvivesInChild([] {
    const std::string small = ReadTestFile("tokenizer/bpe.model");
    for (size_t length = 0; length < small.size(); ++length) Exercise(small.substr(0, length));
    const std::string model = ReadTestFile("tokenizer/tokenizer.model");
    for (size_t length = 0; length < model.size(); length += 4999) {
      Exercise(model.substr(0, length));
    }
  }));
}

TEST(SentencePieceModelTest, NoFlippedByteEndsTheProcess) {
  EXPECT_TRUE(SurvivesInChild([] {
    std::mt19937 random(13);
    for (const char* name : {"tokenizer/bpe.model", "tokenizer/tokenizer.model"}) {
      const std::string model = ReadTestFile(name);
      for (int round = 0; round < 150; ++round) {
        std::string damaged = model;
        // Half of them near the front, where the pieces are.
        const size_t reach =
            round % 2 == 0 ? std::min<size_t>(damaged.size(), 4000) : damaged.size();
        for (int i = 0; i < 1 + round % 4; ++i) {
          damaged[random() % reach] = static_cast<char>(random());
        }
        Exercise(damaged);
      }
    }
  }));
}

}  // namespace
}  // namespace semblance::encoder
