// Tables of others, as they made them (tests/tools/data/migrate/make-fixtures), become tables of
// ours.
#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "tests/tools/cli_test.h"

namespace semblance::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Fixture(const std::string& name) {
  return std::string(SEMBLANCE_SOURCE_DIR) + "/tests/tools/data/migrate/" + name;
}
const char* const kVec0 = "sqlite-vec-0.1.9.db";
const char* const kVss0 = "sqlite-vss-0.1.2.db";

class MigrateTest : public CliTest {
 protected:
  Outcome Migrate(const std::string& source, std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"migrate", source, "--db", database_};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Semblance(arguments);
  }
};

TEST_F(MigrateTest, Vec0KeepsEveryColumnAndRow) {
  const Outcome migrated = Migrate(Fixture(kVec0), {"--from", "articles"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_THAT(
      migrated.err,
      HasSubstr("CREATE VIRTUAL TABLE articles USING semblance(article_id INTEGER PRIMARY KEY, "
                "topic TEXT PARTITION KEY, headline_embedding FLOAT[4] distance_metric=cosine, "
                "year INTEGER, rating REAL, reviewed BOOLEAN, headline TEXT, +url TEXT, "
                "+words INTEGER);"));
  EXPECT_THAT(migrated.err, HasSubstr("18 rows in "));
  EXPECT_EQ(Sql("SELECT count(*), min(article_id), max(article_id) FROM articles"), "18|10|200\n");
  EXPECT_EQ(
      Sql("SELECT article_id, topic, year, rating, reviewed, headline, url, words, "
          "vec_to_json(headline_embedding) FROM articles WHERE article_id IN (10, 30, 50, 80)"),
      "10|sky|2001|0.25|0|No. 1|https://example.com/1|100|[1,19,1,-0.5]\n"
      "30|sky|1999|0.75|1|now a longer one than it was|https://example.com/3|300|[3,17,1,-0.5]\n"
      "50|sky|2005|1.25|0|No. 5|https://example.com/5||[5,15,1,-0.5]\n"
      "80|sea|2008|2.0|0|Number 8, which is longer than twelve bytes é|https://example.com/8|800|"
      "[8,12,1,-0.5]\n");
}

// Asked of vec0 itself when the fixture was made.
TEST_F(MigrateTest, Vec0sQueriesWorkAsTheyWere) {
  ASSERT_EQ(Migrate(Fixture(kVec0), {"--from", "articles"}).code, 0);
  EXPECT_EQ(Sql("SELECT article_id, round(distance, 5) FROM articles "
                "WHERE headline_embedding MATCH '[20, 0, 1, -0.5]' AND k = 3 AND topic = 'sea' AND "
                "year > 2010"),
            Sql("SELECT article_id, round(vec_distance_cosine(headline_embedding, '[20, 0, 1, "
                "-0.5]'), 5) "
                "FROM articles WHERE topic = 'sea' AND year > 2010 ORDER BY 2 LIMIT 3"));
  EXPECT_EQ(Sql("SELECT article_id FROM articles WHERE headline_embedding MATCH '[20, 0, 1, -0.5]' "
                "AND k = 3 AND topic = 'sea' AND year > 2010"),
            "200\n180\n160\n");
}

TEST_F(MigrateTest, ATextKeyAndSeveralColumnsOfVectorsStay) {
  const Outcome migrated = Migrate(Fixture(kVec0), {"--from", "DOCUMENTS", "--table", "docs"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_EQ(Sql("SELECT id, vec_to_json(body), vec_to_json(title) FROM docs ORDER BY id"),
            "a|[1,0,0]|[1,1]\nb|[0,1,0]|[0,2]\nc|[0,0,3]|[5,5]\n");
  EXPECT_EQ(Sql("SELECT id, round(distance, 4) FROM docs WHERE title MATCH '[1,1]' AND k = 2"),
            "a|0.0\nb|1.4142\n");
  ASSERT_EQ(Migrate(Fixture(kVec0), {"--from", "documents", "--column", "title"}).code, 0);
  EXPECT_THAT(Sql("SELECT sql FROM sqlite_schema WHERE name = 'documents'"),
              Not(HasSubstr("body")));
}

TEST_F(MigrateTest, PackedVectorsBecomeFloats) {
  const Outcome migrated = Migrate(Fixture(kVec0), {"--from", "packed"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_THAT(migrated.err, HasSubstr("note: 'bits' is of bits"));
  EXPECT_EQ(Sql("SELECT rowid, vec_to_json(small), vec_to_json(bits) FROM packed"),
            "7|[-128,0,127]|[1,0,1,0,0,0,0,0]\n");
}

TEST_F(MigrateTest, AMetricThatThereIsNotIsAskedFor) {
  const Outcome refused = Migrate(Fixture(kVec0), {"--from", "taxi"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              HasSubstr("'v' is compared by l1, which there is not here; add --metric l2"));
  EXPECT_EQ(Migrate(Fixture(kVec0), {"--from", "taxi", "--metric", "l2"}).code, 0);
  EXPECT_EQ(Sql("SELECT distance FROM taxi WHERE v MATCH '[0,0]' AND k = 1"), "5.0\n");
}

TEST_F(MigrateTest, Vss0IsReadFromItsIndexes) {
  const Outcome migrated = Migrate(Fixture(kVss0), {"--from", "articles"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_EQ(Sql("SELECT rowid, vec_to_json(headline), vec_to_json(body) FROM articles"),
            "5|[1,0,1]|[1,-1]\n15|[3,0,1]|[3,-3]\n20|[4,0,1]|[4,-4]\n");
  EXPECT_EQ(Sql("SELECT rowid, distance FROM articles WHERE headline MATCH '[1,0,1]' AND k = 2"),
            "5|0.0\n15|2.0\n");
  ASSERT_EQ(Migrate(Fixture(kVss0), {"--from", "other"}).code, 0);
  EXPECT_EQ(Sql("SELECT distance FROM other WHERE v MATCH '[1,1]' AND k = 1"), "-7.0\n");
}

TEST_F(MigrateTest, AnIndexOfVss0ThatKeepsNoVectorsIsRefused) {
  const Outcome refused = Migrate(Fixture(kVss0), {"--from", "coded"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err,
              HasSubstr("column 'v' of 'coded' cannot be read: it is an index of the kind IxSQ"));
}

TEST_F(MigrateTest, WhatIsUnclearIsAskedFor) {
  const Outcome which = Migrate(Fixture(kVec0));
  EXPECT_EQ(which.code, 2);
  EXPECT_THAT(which.err, HasSubstr("Add --from TABLE, one of: articles, documents, packed, taxi"));
  EXPECT_EQ(Migrate(Fixture(kVec0), {"--from", "nothing"}).code, 2);
  const Outcome column = Migrate(Fixture(kVec0), {"--from", "documents", "--column", "boddy"});
  EXPECT_EQ(column.code, 2);
  EXPECT_THAT(column.err, HasSubstr("'documents' has no such column 'boddy'; it has: body, title"));
  ASSERT_EQ(Migrate(Fixture(kVec0), {"--from", "taxi", "--metric", "l2"}).code, 0);
  const Outcome again = Migrate(Fixture(kVec0), {"--from", "taxi", "--metric", "l2"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("there is a table 'taxi' in "));
}

TEST_F(MigrateTest, ADryRunWritesNothing) {
  const Outcome dry = Migrate(Fixture(kVec0), {"--from", "articles", "--dry-run"});
  ASSERT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.err, StartsWith("CREATE VIRTUAL TABLE articles"));
  EXPECT_THAT(dry.err, HasSubstr("dry run: 18 rows can be read; nothing was written"));
  EXPECT_FALSE(std::filesystem::exists(database_));
}

TEST_F(MigrateTest, ADamagedTableLeavesNothing) {
  const std::string copy = folder_.Path("copy.db");
  std::filesystem::copy_file(Fixture(kVec0), copy);
  RunProgram({SEMBLANCE_SHELL, copy,
              "UPDATE articles_vector_chunks00 SET vectors = x'00' WHERE rowid = 3"});
  const Outcome outcome = Migrate(copy, {"--from", "articles"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err,
              HasSubstr("table 'articles' is damaged: chunk 3 has 1 bytes of vector_chunks00 "
                        "where 128 were expected"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing was kept of it"));
  EXPECT_EQ(Sql("SELECT count(*) FROM sqlite_schema WHERE name = 'articles'"), "0\n");
}

TEST_F(MigrateTest, ARowThatIsRefusedIsNamedAndWhatWasCommittedStays) {
  Sql("CREATE TABLE t(v TEXT); INSERT INTO t VALUES ('[1,2]'), ('[3,4]'), ('[0,0]'), ('[5,6]')");
  const Outcome outcome = Migrate(
      database_, {"--from", "t", "--table", "u", "--column", "v", "--transaction-rows", "2"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("rowid 3: semblance: E_VECTOR: column v of table u"));
  EXPECT_THAT(outcome.err, HasSubstr("2 rows are in table 'u', the rest is not"));
  EXPECT_EQ(Sql("SELECT group_concat(rowid) FROM u"), "1,2\n");
  EXPECT_EQ(Migrate(database_, {"--from", "t", "--table", "w", "--metric", "l2"}).code, 0);
}

TEST_F(MigrateTest, APlainTableOfTheSameFileIsMigratedBesideItself) {
  Sql("CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT, picture BLOB, v BLOB, j TEXT, price "
      "FLOAT);"
      "INSERT INTO notes VALUES (3, '[a word]', x'00', vec_f32('[1,0]'), '[1, 2, 3]', 1.5),"
      " (8, 'b', x'0102', vec_f32('[0,1]'), '[4, 5, 6]', NULL)");
  EXPECT_THAT(Migrate(database_, {"--from", "notes"}).err, HasSubstr("add --table NAME"));
  const Outcome migrated = Migrate(database_, {"--from", "notes", "--table", "found", "--embed",
                                               "body", "--transaction-rows", "1"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_THAT(
      migrated.err,
      HasSubstr("USING semblance(id INTEGER PRIMARY KEY, body TEXT EMBED, picture BLOB, v FLOAT[2] "
                "distance_metric=cosine, j FLOAT[3] distance_metric=cosine, price REAL)"));
  EXPECT_EQ(Sql("SELECT id, body, hex(picture), vec_to_json(v), vec_to_json(j), price FROM found"),
            "3|[a word]|00|[1,0]|[1,2,3]|1.5\n8|b|0102|[0,1]|[4,5,6]|\n");
  EXPECT_EQ(Sql("SELECT id FROM found WHERE body MATCH 'b' AND k = 1"), "8\n");
}

TEST_F(MigrateTest, AViewIsNumberedAnewAndATableWithoutVectorsIsRefused) {
  Sql("CREATE TABLE t(name TEXT PRIMARY KEY, v TEXT) WITHOUT ROWID; INSERT INTO t VALUES ('x', "
      "'[1,2]');"
      "CREATE TABLE words(w TEXT); INSERT INTO words VALUES ('[only words')");
  const Outcome migrated = Migrate(database_, {"--from", "t", "--table", "u"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  EXPECT_THAT(migrated.err, HasSubstr("note: 't' has no rowids"));
  EXPECT_EQ(Sql("SELECT name, vec_to_json(v) FROM u WHERE name = 'x'"), "x|[1,2]\n");
  const Outcome refused = Migrate(database_, {"--from", "words", "--table", "w2"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("no column of 'words' holds vectors of one length"));
}

// INT PRIMARY KEY is no rowid, and of a table WITHOUT ROWID the key is.
TEST_F(MigrateTest, KeysKeepTheirValues) {
  Sql("CREATE TABLE a(id INT PRIMARY KEY, v TEXT); INSERT INTO a VALUES (70, '[1,2]');"
      "CREATE TABLE b(id INTEGER PRIMARY KEY, v TEXT) WITHOUT ROWID; INSERT INTO b VALUES (80, "
      "'[1,2]')");
  for (const char* table : {"a", "b"}) {
    const std::string made = std::string("new_") + table;
    const Outcome migrated = Migrate(database_, {"--from", table, "--table", made});
    ASSERT_EQ(migrated.code, 0) << migrated.err;
    EXPECT_EQ(Sql("SELECT id FROM " + made), Sql(std::string("SELECT id FROM ") + table));
  }
}

TEST_F(MigrateTest, SentenceFilesOfSimcseBecomeTables) {
  const std::string pairs = folder_.File(
      "nli.csv", "sent0,sent1,hard_neg\n\"A man, old, plays.\",Somebody plays.,Nobody plays.\n");
  ASSERT_EQ(Migrate(pairs).code, 0);
  EXPECT_EQ(Sql("SELECT sent0, sent1, hard_neg FROM nli WHERE sent0 MATCH 'music' AND k = 1"),
            "A man, old, plays.|Somebody plays.|Nobody plays.\n");
  const Outcome lines = Migrate(folder_.File("wiki.txt", "One sentence.\n\nAnother one.\n"));
  ASSERT_EQ(lines.code, 0) << lines.err;
  EXPECT_EQ(Sql("SELECT group_concat(sentence, '/') FROM wiki"), "One sentence./Another one.\n");
  EXPECT_EQ(Migrate(folder_.File("other.csv", "a,b\n1,2\n")).code, 2);
}

}  // namespace
}  // namespace semblance::cli
