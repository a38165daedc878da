#include "tools/cli/record_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/temp_folder.h"

namespace semblance::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Every value as text, NULL as "NULL", numbers with a '#'.
std::string Show(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return "#" + std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value)) return "#" + std::to_string(*real);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "NULL";
}

class RecordReaderTest : public ::testing::Test {
 protected:
  using Rows = std::vector<std::vector<std::string>>;

  Rows Read(const std::string& bytes, Format format, bool header = true) {
    const auto reader = RecordReader::Open(folder_.File("in", bytes), format, header);
    Rows rows;
    std::vector<Value> record;
    while (reader->Next(&record)) {
      rows.emplace_back();
      for (const Value& value : record) rows.back().push_back(Show(value));
    }
    columns_ = reader->columns();
    return rows;
  }

  std::string ErrorOf(const std::string& bytes, Format format, bool header = true) {
    try {
      Read(bytes, format, header);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  TempFolder folder_;
  std::vector<std::string> columns_;
};

TEST_F(RecordReaderTest, TextGivesEveryLineThatIsNotBlank) {
  EXPECT_THAT(Read("one\n\n  \ntwo\r\nthree", Format::kText),
              ElementsAre(ElementsAre("one"), ElementsAre("two"), ElementsAre("three")));
  EXPECT_THAT(columns_, ElementsAre("text"));
}

TEST_F(RecordReaderTest, TextKeepsBytesThatAreNoUtf8AndSkipsAByteOrderMark) {
  EXPECT_THAT(Read("\xef\xbb\xbf"
                   "a\xff"
                   "b\n",
                   Format::kText),
              ElementsAre(ElementsAre("a\xff"
                                      "b")));
}

TEST_F(RecordReaderTest, AnEmptyFileHasNoRecords) {
  EXPECT_TRUE(Read("", Format::kText).empty());
  EXPECT_TRUE(Read("", Format::kJsonl).empty());
  EXPECT_TRUE(Read("", Format::kCsv, false).empty());
  EXPECT_THAT(ErrorOf("", Format::kCsv), HasSubstr("the file is empty"));
}

TEST_F(RecordReaderTest, CsvFieldsInQuotesHoldCommasLineEndsAndDoubledQuotes) {
  EXPECT_THAT(Read("id,text\r\n1,\"a, b\"\r\n2,\"two\r\nlines\"\r\n3,\"she said \"\"no\"\"\"\r\n",
                   Format::kCsv),
              ElementsAre(ElementsAre("1", "a, b"), ElementsAre("2", "two\r\nlines"),
                          ElementsAre("3", "she said \"no\"")));
  EXPECT_THAT(columns_, ElementsAre("id", "text"));
}

TEST_F(RecordReaderTest, CsvKeepsEmptyFieldsAndNeedsNoLineEndAtTheEnd) {
  EXPECT_THAT(Read("a,b,c\n,\"\",\n1,,3", Format::kCsv),
              ElementsAre(ElementsAre("", "", ""), ElementsAre("1", "", "3")));
}

TEST_F(RecordReaderTest, WithoutAHeaderColumnsAreNumbered) {
  EXPECT_THAT(Read("x,y\n", Format::kCsv, false), ElementsAre(ElementsAre("x", "y")));
  EXPECT_THAT(columns_, ElementsAre("c1", "c2"));
}

TEST_F(RecordReaderTest, TsvQuotesNothing) {
  EXPECT_THAT(Read("a\tb\n\"x\t5\" nail\n", Format::kTsv),
              ElementsAre(ElementsAre("\"x", "5\" nail")));
}

TEST_F(RecordReaderTest, CsvErrorsNameTheLineWhereTheRecordBegins) {
  EXPECT_THAT(ErrorOf("a,b\n\"1\n1\",2\n3\n", Format::kCsv),
              HasSubstr("line 4: 1 fields where 2 were expected"));
  EXPECT_THAT(ErrorOf("a\n\"open\nand more\n", Format::kCsv), HasSubstr("line 2: the quote"));
  EXPECT_THAT(ErrorOf("a\n\"x\"y\n", Format::kCsv), HasSubstr("line 2: after a closing quote"));
  EXPECT_THAT(ErrorOf("a,a\n1,2\n", Format::kCsv), HasSubstr("two columns are called 'a'"));
  EXPECT_THAT(ErrorOf("a,\n1,2\n", Format::kCsv), HasSubstr("column 2 has no name"));
}

TEST_F(RecordReaderTest, JsonlColumnsAreAllKeysInTheOrderTheyCome) {
  EXPECT_THAT(Read("{\"b\": 1, \"a\": \"x\"}\n\n{\"c\": true, \"a\": null}\n", Format::kJsonl),
              ElementsAre(ElementsAre("#1", "x", "NULL"), ElementsAre("NULL", "NULL", "#1")));
  EXPECT_THAT(columns_, ElementsAre("b", "a", "c"));
}

TEST_F(RecordReaderTest, JsonlKeepsTypesAndWritesNestedValuesAsJson) {
  EXPECT_THAT(
      Read("{\"i\": 9223372036854775807, \"u\": 18446744073709551615, \"r\": 0.5, \"s\": \"5\","
           " \"l\": [1, \"x\"]}\n",
           Format::kJsonl),
      ElementsAre(ElementsAre("#9223372036854775807", "#18446744073709551616.000000", "#0.500000",
                              "5", "[1,\"x\"]")));
}

TEST_F(RecordReaderTest, JsonlErrorsNameTheLine) {
  EXPECT_THAT(ErrorOf("{\"a\": 1}\n{\"a\": \n", Format::kJsonl), HasSubstr("line 2: not JSON"));
  EXPECT_THAT(ErrorOf("{\"a\": 1}\n[1]\n", Format::kJsonl),
              HasSubstr("line 2: a JSON object was expected"));
  EXPECT_THAT(ErrorOf("{\"a\": \"\xff\"}\n", Format::kJsonl), HasSubstr("line 1: not JSON"));
}

TEST_F(RecordReaderTest, JsonlRefusesAKeyThatComesTooLateAndValuesThatAreTooDeep) {
  std::string late;
  for (int i = 0; i < 1000; ++i) late += "{\"a\": 1}\n";
  EXPECT_THAT(ErrorOf(late + "{\"late\": 1}\n", Format::kJsonl),
              HasSubstr("line 1001: the key 'late'"));
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_THAT(ErrorOf("{\"a\": " + deep + "}\n", Format::kJsonl),
              HasSubstr("line 1: nested more than"));
}

TEST_F(RecordReaderTest, RecordsMayCrossTheBuffersOfTheReader) {
  const std::string field(200'000, 'x');
  EXPECT_THAT(Read("a,b\n\"" + field + "\"\"\"," + field + "\n", Format::kCsv),
              ElementsAre(ElementsAre(field + "\"", field)));
}

TEST_F(RecordReaderTest, TheFormatFollowsTheFileName) {
  EXPECT_EQ(FormatOf("x.csv"), Format::kCsv);
  EXPECT_EQ(FormatOf("x.tsv"), Format::kTsv);
  EXPECT_EQ(FormatOf("x.jsonl"), Format::kJsonl);
  EXPECT_EQ(FormatOf("x.txt"), Format::kText);
  EXPECT_EQ(FormatOf("-"), Format::kText);
}

TEST_F(RecordReaderTest, AFileThatCannotBeReadIsAnErrorThatNamesIt) {
  EXPECT_THROW(RecordReader::Open(folder_.Path("absent"), Format::kText, true), std::runtime_error);
  EXPECT_THROW(RecordReader::Open(folder_.Path(""), Format::kText, true), std::runtime_error)
      << "a folder";
}

}  // namespace
}  // namespace semblance::cli
