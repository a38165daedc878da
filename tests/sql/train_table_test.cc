// semblance_train, semblance_runs and semblance_metrics: what happens at the end, and at every
// other end. The trainer is a fake (fake_trainer/), which lies beside a copy of the extension.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "tests/sql/test_connection.h"

namespace semblance::test {
namespace {

using Rows = std::vector<std::string>;

class TrainTable : public testing::Test {
 protected:
  TrainTable() : connection_(folder_.File("notes.db"), SEMBLANCE_FAKE_EXTENSION) {
    connection_.Rows(
        "CREATE TABLE notes(body TEXT, other TEXT);"
        "INSERT INTO notes VALUES ('one', 'two'), ('three', NULL), ('', 'five'), ('six', 'seven')");
  }

  static std::string Train(const std::string& query, const std::string& more) {
    return "FROM semblance_train('" + query + R"(', '{"name":"m","base":"default")" + more + "}')";
  }
  Rows Models() { return connection_.Rows("SELECT name FROM semblance_models ORDER BY name"); }
  std::string Run() {
    return connection_.Value("SELECT run, name, status, error FROM semblance_runs");
  }
  // Prepares and steps to the first row.
  sqlite3_stmt* Begin(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(connection_.db(), sql.c_str(), -1, &statement, nullptr),
              SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW) << sqlite3_errmsg(connection_.db());
    return statement;
  }

  TempFolder folder_;
  TestConnection connection_;
};

TEST_F(TrainTable, GivesARowAReportAndPublishesTheModelWithTheLast) {
  EXPECT_EQ(connection_.Rows("SELECT phase, model, alignment, dev_spearman, (SELECT count(*) FROM "
                             "semblance_models WHERE step > 0) " +
                             Train("SELECT body FROM notes", "")),
            (Rows{"train|NULL|NULL|NULL|1", "train|NULL|NULL|NULL|1", "done|m|NULL|NULL|2"}));
  EXPECT_EQ(Models(), (Rows{"default", "m"}));
  EXPECT_EQ(Run(), "1|m|done|");
  EXPECT_EQ(
      connection_.Value("SELECT embed('a', 'm') = embed('a'), json_extract(record, '$.run'), "
                        "json_extract(record, '$.query') FROM semblance_models WHERE name = 'm'"),
      "1|1|SELECT body FROM notes");
  EXPECT_EQ(
      connection_.Rows("SELECT run, sequence, phase, step, uniformity FROM semblance_metrics"),
      (Rows{"1|0|train|3|NULL", "1|1|train|3|NULL", "1|2|done|3|NULL"}));
}

TEST_F(TrainTable, TheModelIsThereAfterReopening) {
  connection_.Rows("SELECT * " + Train("SELECT body FROM notes", ""));
  TestConnection second(folder_.File("notes.db"), SEMBLANCE_FAKE_EXTENSION);
  EXPECT_EQ(second.Value("SELECT count(*) FROM semblance_models WHERE name = 'm' AND NOT built_in"),
            "1");
}

TEST_F(TrainTable, WithTagsTheLastTwoColumnsAreTags) {
  EXPECT_EQ(connection_.Rows("SELECT step, loss " + Train("SELECT body, body, NULL, 7 FROM notes",
                                                          R"(,"reports":0,"tags":true)")),
            (Rows{"3|2.0"}));
  EXPECT_EQ(
      connection_.ErrorOf("SELECT * " + Train("SELECT body, body FROM notes", R"(,"tags":true)")),
      "semblance: E_ARGUMENT: the training query with \"tags\" must give 4 to 5 columns, and "
      "gives 2");
}

TEST_F(TrainTable, ReadsHeldOutPairsWithTheirTagsOrWithout) {
  const auto held_out = [&](const std::string& query) {
    return "SELECT retrieval, by_tags " +
           Train("SELECT body FROM notes", R"(,"reports":0,"eval_pairs":")" + query + "\"");
  };
  EXPECT_EQ(connection_.Rows(held_out("SELECT body, body FROM notes")), (Rows{"3.0|NULL"}));
  EXPECT_EQ(connection_.Rows(held_out("SELECT body, body, 1, NULL FROM notes LIMIT 2")),
            (Rows{"2.0|NULL"}));
  EXPECT_EQ(connection_.Rows("SELECT retrieval, by_tags FROM semblance_metrics"),
            (Rows{"3.0|NULL", "2.0|NULL"}));
  EXPECT_EQ(connection_.ErrorOf(held_out("SELECT body, body, 1 FROM notes")),
            "semblance: E_ARGUMENT: the query of \"eval_pairs\" must give a, b, or a, b, tag of a, "
            "tag of b, and gives 3 columns");
  EXPECT_EQ(connection_.ErrorOf(held_out("SELECT body, body FROM notes LIMIT 0")),
            "semblance: E_ARGUMENT: the query of \"eval_pairs\" gives no pair of texts");
}

TEST_F(TrainTable, SkipsRowsWithNullOrEmptyText) {
  EXPECT_EQ(connection_.Rows("SELECT step, loss " +
                             Train("SELECT body, other FROM notes", R"(,"reports":0)")),
            (Rows{"2|2.0"}));
}

TEST_F(TrainTable, ReadsScoredPairsFromTheDevQuery) {
  EXPECT_EQ(connection_.Rows("SELECT total_steps " +
                             Train("SELECT body FROM notes",
                                   R"(,"reports":0,"dev":"SELECT body, other, 3.5 FROM notes")")),
            (Rows{"2"}));
}

TEST_F(TrainTable, KeepsTheTrainersOptionsAndNotItsOwn) {
  connection_.Rows("SELECT * " + Train("SELECT body FROM notes", R"(,"reports":1)"));
  EXPECT_EQ(connection_.Value("SELECT base, query, options FROM semblance_runs"),
            R"(default|SELECT body FROM notes|{"reports":1})");
}

TEST_F(TrainTable, SeesTheUncommittedRowsOfItsConnection) {
  EXPECT_EQ(connection_.Rows("BEGIN; INSERT INTO notes VALUES ('eight', ''); SELECT step " +
                             Train("SELECT body FROM notes", R"(,"reports":0)") + "; ROLLBACK"),
            (Rows{"4"}));
}

TEST_F(TrainTable, AStatementThatIsResetPublishesNothing) {
  sqlite3_finalize(Begin("SELECT * " + Train("SELECT body FROM notes", "")));
  EXPECT_EQ(Models(), (Rows{"default"}));
  EXPECT_EQ(Run(), "1|m|interrupted|the statement was reset before its end");
}

TEST_F(TrainTable, LimitStopsTheTraining) {
  connection_.Rows("SELECT * " + Train("SELECT body FROM notes", "") + " LIMIT 2");
  EXPECT_EQ(Models(), (Rows{"default"}));
}

TEST_F(TrainTable, AFailureIsToldAndRecordedAndPublishesNothing) {
  EXPECT_EQ(connection_.ErrorOf("SELECT * " + Train("SELECT body FROM notes", R"(,"fail_at":2)")),
            "semblance: E_ARGUMENT: the fake trainer was told to fail");
  EXPECT_EQ(Models(), (Rows{"default"}));
  EXPECT_EQ(Run(), "1|m|failed|semblance: E_ARGUMENT: the fake trainer was told to fail");
}

TEST_F(TrainTable, AFailureOfTheQueryIsToldAsSQLitesOwn) {
  EXPECT_EQ(connection_.ErrorOf("SELECT * " + Train("SELECT abs(-9223372036854775807 - 1)", "")),
            "semblance: E_SQL: the training query: integer overflow");
  EXPECT_EQ(Run(), "1|m|failed|semblance: E_SQL: the training query: integer overflow");
}

TEST_F(TrainTable, AnInterruptStopsATrainerAtWork) {
  sqlite3_stmt* const statement =
      Begin("SELECT * " + Train("SELECT body FROM notes", R"(,"wait_at":2)"));
  std::atomic<bool> over = false;
  std::thread interrupter([&] {
    while (!over) {
      sqlite3_interrupt(connection_.db());
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(sqlite3_step(statement), SQLITE_INTERRUPT);
  over = true;
  interrupter.join();
  sqlite3_finalize(statement);
  EXPECT_EQ(Models(), (Rows{"default"}));
  EXPECT_EQ(connection_.Value("SELECT status FROM semblance_runs"), "interrupted");
}

TEST_F(TrainTable, AnInterruptWhileItReadsTheRowsIsAnInterrupt) {
  sqlite3_create_function(
      connection_.db(), "stop", 0, SQLITE_UTF8, nullptr,
      [](sqlite3_context* context, int, sqlite3_value**) {
        sqlite3_interrupt(sqlite3_context_db_handle(context));
        sqlite3_result_text(context, "text", -1, SQLITE_STATIC);
      },
      nullptr, nullptr);
  try {
    connection_.Rows("SELECT * " + Train("SELECT stop() FROM notes", ""));
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.code(), SQLITE_INTERRUPT);
  }
  EXPECT_EQ(connection_.Value("SELECT status FROM semblance_runs"), "interrupted");
}

TEST_F(TrainTable, AProgressHandlerOfTheUsersStopsItToo) {
  sqlite3_stmt* const statement =
      Begin("SELECT * " + Train("SELECT body FROM notes", R"(,"wait_at":2)"));
  sqlite3_progress_handler(
      connection_.db(), 1, [](void*) { return 1; }, nullptr);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_INTERRUPT);
  sqlite3_progress_handler(connection_.db(), 0, nullptr, nullptr);
  sqlite3_finalize(statement);
  EXPECT_EQ(Models(), (Rows{"default"}));
}

TEST_F(TrainTable, AnotherConnectionReadsTheReportsWhileTheRunGoesOn) {
  connection_.Rows("PRAGMA journal_mode = WAL");
  TestConnection reader(folder_.File("notes.db"), SEMBLANCE_FAKE_EXTENSION);
  sqlite3_stmt* const statement =
      Begin("SELECT * " + Train("SELECT body FROM notes", R"(,"reports":3)"));
  for (const char* seen : {"1|running", "2|running", "3|running", "4|done"}) {
    EXPECT_EQ(reader.Value("SELECT count(*), (SELECT status FROM semblance_runs) "
                           "FROM semblance_metrics WHERE run = 1"),
              seen);
    sqlite3_step(statement);
  }
  sqlite3_finalize(statement);
}

TEST_F(TrainTable, ResumeGoesOnFromTheLastCheckpointUnderTheNumberOfTheRun) {
  const std::string query = "SELECT body FROM notes";
  EXPECT_NE(
      connection_.ErrorOf("SELECT * " + Train(query, R"(,"reports":4,"save_at":2,"fail_at":4)")),
      "");
  EXPECT_EQ(connection_.Value("SELECT count(*) FROM semblance_metrics"), "3");
  EXPECT_EQ(connection_.Rows("SELECT phase, model " +
                             Train(query, R"(,"reports":4,"save_at":2,"resume":true)")),
            (Rows{"resume|NULL", "train|NULL", "train|NULL", "done|m"}));
  EXPECT_EQ(Run(), "1|m|done|");
  EXPECT_EQ(connection_.Rows("SELECT sequence, phase FROM semblance_metrics"),
            (Rows{"0|train", "1|train", "2|train", "3|train", "4|done"}));
  // The checkpoint of a run that is done is gone.
  EXPECT_EQ(connection_.Rows("SELECT phase " + Train(query, R"(,"reports":0,"resume":true)")),
            (Rows{"done"}));
  EXPECT_EQ(connection_.Value("SELECT count(*) FROM semblance_runs"), "2");
}

TEST_F(TrainTable, ResumeWithAnotherQueryIsRefusedAndTrainingAnewForgetsTheCheckpoint) {
  connection_.ErrorOf("SELECT * " + Train("SELECT body FROM notes", R"(,"save_at":1,"fail_at":2)"));
  EXPECT_EQ(
      connection_.ErrorOf("SELECT * " + Train("SELECT other FROM notes", R"(,"resume":true)")),
      "semblance: E_ARGUMENT: run 1 of 'm' cannot go on: its training query was SELECT body FROM "
      "notes -- "
      "give that one, or leave out \"resume\" to begin anew");
  EXPECT_EQ(
      connection_.ErrorOf("SELECT * " + Train("SELECT body FROM notes", R"(,"resume":"yes")")),
      "semblance: E_OPTION: training option \"resume\" must be true or false, not \"yes\"");
  sqlite3_finalize(Begin("SELECT * " + Train("SELECT other FROM notes", "")));
  EXPECT_EQ(connection_.Value("SELECT phase " +
                              Train("SELECT body FROM notes", R"(,"resume":true)") + " LIMIT 1"),
            "train")
      << "nothing to go on from";
}

TEST_F(TrainTable, ARunThatIsOnlyMeasuredPublishesNothing) {
  EXPECT_EQ(connection_.Rows("SELECT phase, model " +
                             Train("SELECT body FROM notes", R"(,"reports":0,"publish":false)")),
            (Rows{"done|NULL"}));
  EXPECT_EQ(Models(), (Rows{"default"}));
  EXPECT_EQ(Run(), "1|m|done|");
}

TEST_F(TrainTable, TwoTrainingsCanGoOnAtOnce) {
  sqlite3_stmt* const statement = Begin("SELECT * " + Train("SELECT body FROM notes", ""));
  connection_.Rows(
      R"(SELECT * FROM semblance_train('SELECT body FROM notes', '{"name":"n","base":"default"}'))");
  while (sqlite3_step(statement) == SQLITE_ROW) {
  }
  sqlite3_finalize(statement);
  EXPECT_EQ(Models(), (Rows{"default", "m", "n"}));
  EXPECT_EQ(connection_.Rows("SELECT run, name, status FROM semblance_runs"),
            (Rows{"1|m|done", "2|n|done"}));
}

TEST_F(TrainTable, RefusesADatabaseThatIsOpenedReadOnly) {
  TestConnection reader("file:" + folder_.File("notes.db") + "?mode=ro", SEMBLANCE_FAKE_EXTENSION);
  try {
    reader.Rows("SELECT * " + Train("SELECT body FROM notes", ""));
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.code(), SQLITE_READONLY);
  }
}

TEST_F(TrainTable, WorksInMemory) {
  TestConnection memory(":memory:", SEMBLANCE_FAKE_EXTENSION);
  memory.Rows("SELECT * " + Train("VALUES (''a''), (''b'')", ""));
  EXPECT_EQ(memory.Rows("SELECT name FROM semblance_models ORDER BY name"), (Rows{"default", "m"}));
}

TEST(TrainTableWithoutTrainer, SaysWhatIsMissing) {
  const TempFolder folder;
  std::filesystem::copy_file(SEMBLANCE_EXTENSION, folder.File("semblance.so"));
  TestConnection connection(":memory:", folder.File("semblance.so"));
  const std::string error =
      connection.ErrorOf(R"(SELECT * FROM semblance_train('VALUES (''a'')', '{"name":"m"}'))");
  EXPECT_NE(error.find("training needs libsemblance_torch.so beside the extension"),
            std::string::npos)
      << error;
  EXPECT_EQ(connection.Value("SELECT count(*) FROM semblance_runs"), "0");
}

}  // namespace
}  // namespace semblance::test
