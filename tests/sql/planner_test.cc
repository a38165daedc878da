// What bites in SQLite's planner, one test a trap; docs/sqlite.md lists them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/sql/old_host.h"
#include "tests/sql/points.h"

namespace semblance::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Planner : public Points {};

TEST_F(Planner, OffsetIsAddedToLimit) {
  for (const char* match : {"v MATCH '[0,0]'", "p = '[0,0]'"}) {
    const std::string search = std::string("SELECT rowid FROM p WHERE ") + match;
    EXPECT_EQ(Ask(search + " ORDER BY distance LIMIT 3 OFFSET 40"), (Rows{"41", "42", "43"}));
    EXPECT_EQ(Ask(search + " LIMIT 2 OFFSET 99"), (Rows{"100"}));
    EXPECT_EQ(Ask(search + " AND k = 4 LIMIT 10 OFFSET 2"), (Rows{"3", "4"}));
    EXPECT_EQ(Ask(search + " AND n + 0 = 9 LIMIT 2 OFFSET 3"), (Rows{"40", "50"}));
    EXPECT_EQ(Ask(search + " LIMIT 0"), (Rows{}));
    EXPECT_EQ(Ask("SELECT count(*) FROM (" + search + " LIMIT -1)"), (Rows{"100"}));
  }
}

TEST_F(Planner, LimitIsNotTheNumberOfRowsToLookAtWhereTheOrderIsAnother) {
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE p = '[0,0]' ORDER BY n DESC, rowid DESC LIMIT 2"),
            (Rows{"100", "90"}));
  EXPECT_EQ(Ask("SELECT DISTINCT n FROM p WHERE p = '[0,0]' AND n <> 1 LIMIT 3"),
            (Rows{"0", "2", "3"}));
}

TEST_F(Planner, ASearchGoesOnUntilEnoughRowsAreLeft) {
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[0,0]' AND length(extra) = 3 LIMIT 2"),
            (Rows{"11", "12"}));
  EXPECT_EQ(
      Ask("SELECT who FROM p JOIN owner ON owner.row = p.rowid WHERE v MATCH '[99,0]' LIMIT 2"),
      (Rows{"fay", "gil"}));
  EXPECT_EQ(
      Ask("SELECT rowid FROM p WHERE v MATCH '[0,0]' AND rowid % 50 = 0 ORDER BY distance LIMIT 5"),
      (Rows{"50", "100"}));
}

TEST_F(Planner, ConditionsAreMetByTheKNearest) {
  const std::string search = "SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 2 AND ";
  const std::pair<const char*, Rows> cases[] = {
      {"rowid > 50", {"51", "52"}},
      {"(rowid = 9 OR rowid = 60)", {"9", "60"}},
      {"name LIKE 'ODD'", {"10", "12"}},
      {"name GLOB 'o*'", {"10", "12"}},
      {"name <> 'even'", {"10", "12"}},
      {"name IS NOT 'even'", {"10", "12"}},
      {"name IS 'odd'", {"10", "12"}},
      {"name NOTNULL AND n IS NOT NULL", {"11", "10"}},
      {"n BETWEEN 4 AND 5", {"15", "6"}},
      {"extra = 'e77'", {"78"}},
      {"name = 'ODD' COLLATE NOCASE", {"10", "12"}},
      {"name COLLATE NOCASE IN ('ODD', 'x')", {"10", "12"}},
      {"distance > 3", {"7", "15"}},
      {"distance <> 0", {"10", "12"}},
      {"distance BETWEEN 5 AND 6", {"6", "16"}},
      {"distance = 4", {"7", "15"}},
      {"u = '3'", {}},
      {"n = '3'", {"14", "4"}},
      {"u > 7", {"10", "9"}},
      {"rowid < 5.5", {"5", "4"}}};
  for (const auto& [condition, rows] : cases) EXPECT_EQ(Ask(search + condition), rows) << condition;
}

TEST_F(Planner, KIsACutWhereSqliteDoesNotShowACondition) {
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND abs(n) = 1"),
            (Rows{"12"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND abs(n) = 1 LIMIT 3"),
            (Rows{"12", "2", "22"}));
}

// SQLite takes the two SELECTs for one, so that n > 5 stands beside MATCH.
TEST_F(Planner, ASubSelectIsKeptApartByMaterialized) {
  EXPECT_EQ(Ask("SELECT id FROM (SELECT rowid AS id, n FROM p WHERE v MATCH '[10,0]' AND k = 3) "
                "WHERE n > 5"),
            (Rows{"10", "9", "8"}));
  EXPECT_EQ(Ask("WITH near AS MATERIALIZED (SELECT rowid AS id, n FROM p WHERE v MATCH '[10,0]' "
                "AND k = 3) "
                "SELECT id FROM near WHERE n > 5"),
            (Rows{"10"}));
}

TEST_F(Planner, AnInListIsOneSearch) {
  EXPECT_EQ(
      Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND rowid IN (90, 3, 7, 7, NULL)"),
      (Rows{"7", "3", "90"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND n IN (SELECT id FROM q)"),
            (Rows{"12", "13", "3"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND name IN ('odd', 'none')"),
            (Rows{"10", "12", "8"}));
}

TEST_F(Planner, ASearchForEachRowOfAnotherTable) {
  const Rows expected = {"1|4", "1|3", "2|71", "2|70"};
  const std::string order = " ORDER BY q.id, p.distance, p.rowid DESC";
  for (const char* from :
       {"q JOIN p ON p.v MATCH q.at AND p.k = 2", "p JOIN q ON p.v MATCH q.at AND p.k = 2",
        "q JOIN p(q.at, 2) AS p", "q LEFT JOIN p ON p.v MATCH q.at AND p.k = 2",
        "q, p WHERE p.p = q.at AND p.k <= 2"}) {
    const Rows rows = Ask(std::string("SELECT q.id, p.rowid FROM ") + from + order);
    EXPECT_EQ(rows, expected) << from;
  }
  EXPECT_EQ(
      Ask("SELECT q.id, p.rowid FROM q JOIN p ON p.v MATCH q.at AND p.k = q.how ORDER BY 1, 2"),
      (Rows{"1|4", "2|70", "2|71"}));
  EXPECT_EQ(Ask("SELECT id, (SELECT rowid FROM p WHERE v MATCH q.at AND k = 1) FROM q"),
            (Rows{"1|4", "2|71"}));
}

TEST_F(Planner, AnOrBesideTheSearchOfAJoinIsNoReasonToForgetMatch) {
  EXPECT_EQ(
      Ask("SELECT q.id, p.rowid FROM p JOIN q WHERE p.v MATCH q.at AND p.k = 3 AND p.n >= q.how "
          "AND (p.name LIKE 'odd' OR p.n IS NULL) ORDER BY 1, 2"),
      (Rows{"1|4", "2|70"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND (rowid = 12 OR (rowid = "
                "50 AND n = 9))"),
            (Rows{"12"}));
}

TEST_F(Planner, TheRowsNearEitherOfTwoQueries) {
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE (v MATCH '[10,0]' OR v MATCH '[50,0]') AND k = 2 ORDER "
                "BY rowid"),
            (Rows{"10", "11", "50", "51"}));
}

TEST_F(Planner, MoreThanSixteenConditionsMayStandBeforeMatch) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "n <> " + std::to_string(100 + i) + " AND ";
  for (const char* match : {"v MATCH '[10,0]'", "p MATCH '[10,0]'", "p = '[10,0]'"}) {
    EXPECT_EQ(Ask("SELECT rowid FROM p WHERE " + many + match +
                  " AND k <= 2 AND ef = 9 AND distance <= 1"),
              (Rows{"11", "10"}))
        << match;
  }
  EXPECT_EQ(Ask("SELECT rowid, k, ef, p FROM p WHERE v MATCH '[10,0]' AND k = 1 AND ef = 9"),
            (Rows{"11|1|9|[10,0]"}));
}

// SQLite then compares the hidden column of the query with what the function gives.
TEST_F(Planner, AMadeQueryMayStandBeyondTheSixteenthCondition) {
  Ask("CREATE VIRTUAL TABLE w USING semblance(body TEXT EMBED fts=unicode61, n INTEGER);"
      "INSERT INTO w(rowid, body, n) VALUES (1, 'red', 1), (2, 'green', 2), (3, 'red car', 3)");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "n <> " + std::to_string(100 + i) + " AND ";
  for (const char* match : {"p = similar_to(11)", "p MATCH similar_to(11)",
                            "v MATCH similar_to(11)", "p = (SELECT similar_to(11))"}) {
    EXPECT_EQ(Ask("SELECT rowid FROM p WHERE " + many + match + " AND k = 2"), (Rows{"10", "12"}))
        << match;
  }
  for (const char* match : {"w = hybrid('red', 'colour', 0)", "w MATCH hybrid('red', 'colour', 0)",
                            "w = hybrid('red', similar_to(2), 0)"}) {
    EXPECT_EQ(Ask("SELECT rowid FROM w WHERE " + many + match + " AND k = 2"), (Rows{"1", "3"}))
        << match;
  }
}

TEST_F(Planner, MatchThatIsNoConditionSaysSo) {
  EXPECT_EQ(
      ErrorOf("SELECT rowid FROM p WHERE NOT (v MATCH '[10,0]')"),
      "semblance: E_QUERY: MATCH on table p must be joined to the rest of WHERE or ON by AND");
  EXPECT_THAT(ErrorOf("SELECT v MATCH '[10,0]' FROM p"), HasSubstr("must be joined"));
}

TEST_F(Planner, OnlyTheOrderOfASearchIsItsOwn) {
  const std::string search = "SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 ORDER BY ";
  EXPECT_THAT(Plan(search + "distance"), Not(HasSubstr("ORDER BY")));
  EXPECT_THAT(Plan(search + "distance, rowid"), Not(HasSubstr("ORDER BY")));
  EXPECT_THAT(Plan(search + "distance DESC"), HasSubstr("USE TEMP B-TREE FOR ORDER BY"));
  EXPECT_EQ(Ask(search + "distance"), (Rows{"11", "10", "12"}));
  EXPECT_EQ(Ask(search + "distance DESC, rowid"), (Rows{"10", "12", "11"}));
  EXPECT_EQ(Ask(search + "distance, rowid DESC"), (Rows{"11", "12", "10"}));
  EXPECT_EQ(Ask(search + "n, rowid"), (Rows{"11", "12", "10"}));
}

TEST_F(Planner, AJoinIsOfTheKNearest) {
  for (const char* owner : {"owner.row = p.rowid", "owner.row = p.rowid AND who = 'fay'",
                            "owner.row = p.rowid AND p.n >= abs(-3)"}) {
    const std::string plan = Plan(std::string("SELECT * FROM owner JOIN p ON ") + owner +
                                  " WHERE v MATCH '[1,1]' AND k = 3");
    EXPECT_THAT(plan, Not(HasSubstr("where rowid"))) << owner;
  }
  // Gil is the nearest; Fay is near only among rows of hers.
  EXPECT_EQ(
      Ask("SELECT who FROM owner JOIN p ON owner.row = p.rowid WHERE v MATCH '[10,0]' AND k = 3"),
      (Rows{"gil"}));
  EXPECT_EQ(Ask("SELECT who FROM owner CROSS JOIN p ON owner.row = p.rowid "
                "WHERE v MATCH '[10,0]' AND k = 3 ORDER BY 1"),
            (Rows{"eve", "fay", "gil"}));
}

TEST_F(Planner, TheHostMayBeOlderThanItsFunctions) {
  const OldHost host(SEMBLANCE_EXTENSION);
  const std::string search = "SELECT rowid FROM p WHERE v MATCH '[10,0]' AND k = 3 AND ";
  EXPECT_EQ(Ask(search + "n >= 5 AND name = 'odd'"), (Rows{"10", "8", "6"}));
  EXPECT_EQ(Ask(search + "rowid IN (90, 3, 7) ORDER BY distance"), (Rows{"7", "3", "90"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p WHERE v MATCH '[10,0]' ORDER BY distance LIMIT 2 OFFSET 1"),
            (Rows{"10", "12"}));
  EXPECT_EQ(
      Ask("SELECT q.id, p.rowid FROM q JOIN p ON p.v MATCH q.at AND p.k = 1 AND p.name = 'odd'"),
      (Rows{"1|4", "2|70"}));
}

TEST_F(Planner, EveryPlanSaysInWordsWhatItDoes) {
  EXPECT_EQ(
      Plan("SELECT rowid FROM p WHERE v MATCH '[1,1]' AND k = 10 AND rowid IN (1, 2) AND n "
           ">= abs(2) "
           "AND name = 'a, b' COLLATE NOCASE AND distance < 9"),
      "SCAN p VIRTUAL TABLE INDEX 1:nearest by v (auto, approximate, k = 10), k =, where rowid "
      "IN, where n >=, "
      "where name = COLLATE NOCASE, distance <\n");
  EXPECT_EQ(Plan("SELECT * FROM p"), "SCAN p VIRTUAL TABLE INDEX 0:every row\n");
  Ask("CREATE VIRTUAL TABLE lists USING semblance(v FLOAT[1], n, index=ivf)");
  EXPECT_EQ(Plan("SELECT rowid FROM lists WHERE v MATCH '[1]' AND k = 3 AND nprobe = 2 AND n = 4"),
            "SCAN lists VIRTUAL TABLE INDEX 1:nearest by v (ivf, approximate, k = 3), k =, nprobe =, "
            "where n = literal\n");
  Ask("CREATE VIRTUAL TABLE odd USING semblance(\"the vector\" FLOAT[1] distance_metric=l2, \"a "
      "\"\"b\"\", c\" TEXT)");
  Ask("INSERT INTO odd VALUES ('[1]', 'x'), ('[2]', 'y')");
  const std::string sql =
      "SELECT rowid FROM odd WHERE \"the vector\" MATCH '[1]' AND \"a \"\"b\"\", c\" <> 'x'";
  EXPECT_EQ(Plan(sql),
            "SCAN odd VIRTUAL TABLE INDEX 1:nearest by \"the vector\" (auto, exact while rows are "
            "few), where \"a \"\"b\"\", c\" <> "
            "literal\n");
  EXPECT_EQ(Ask(sql), (Rows{"2"}));
}

TEST_F(Planner, APlanSaysWhichIndexAndWhetherRowsMayBeMissed) {
  Ask("CREATE VIRTUAL TABLE f USING semblance(a FLOAT[1] index=flat, b FLOAT[1] index=flat "
      "quantization=sq8, c FLOAT[1] quantization=sq8, \"d (x)\" FLOAT[1])");
  const std::pair<const char*, const char*> cases[] = {
      {"a MATCH '[1]' AND k <= 5", "nearest by a (flat, exact, k <= 5), k <="},
      {"b MATCH '[1]' AND k = 5", "nearest by b (flat sq8, approximate, k = 5), k ="},
      {"b MATCH '[1]' AND distance < 5", "nearest by b (flat sq8, exact), distance <"},
      {"c MATCH '[1]' AND k = 1 + 4", "nearest by c (auto sq8, approximate), k ="},
      {"c MATCH '[1]' AND k = 5 AND distance > 1 AND oversample = 8",
       "nearest by c (auto sq8, exact, k = 5), k =, distance >, oversample ="},
      {"c MATCH '[1]' AND k = 5 AND distance < 1",
       "nearest by c (auto sq8, approximate, k = 5), k =, distance <"},
      {"\"d (x)\" MATCH '[1]'", "nearest by \"d (x)\" (auto, exact while rows are few)"}};
  for (const auto& [condition, plan] : cases) {
    const std::string sql = std::string("SELECT rowid FROM f WHERE ") + condition;
    EXPECT_EQ(Plan(sql), "SCAN f VIRTUAL TABLE INDEX 1:" + std::string(plan) + "\n");
    EXPECT_EQ(Ask(sql), (Rows{})) << condition;
  }
}

TEST_F(Planner, ArgumentsInFromAreTheQueryAndKAndEf) {
  EXPECT_EQ(Ask("SELECT rowid FROM p('[10,0]', 2)"), (Rows{"11", "10"}));
  EXPECT_EQ(Ask("SELECT rowid, k, ef FROM p('[10,0]', 1, 77)"), (Rows{"11|1|77"}));
  EXPECT_EQ(Ask("SELECT rowid FROM p('[10,0]') LIMIT 1"), (Rows{"11"}));
  EXPECT_EQ(Ask("SELECT count(*) FROM p(NULL)"), (Rows{"0"}));
}

TEST_F(Planner, KMayBeABound) {
  const std::string search = "SELECT count(*) FROM p WHERE v MATCH '[10,0]' AND ";
  EXPECT_EQ(Ask(search + "k <= 2"), (Rows{"2"}));
  EXPECT_EQ(Ask(search + "k < 2"), (Rows{"1"}));
  EXPECT_EQ(Ask(search + "3 >= k"), (Rows{"3"}));
  EXPECT_EQ(ErrorOf(search + "k > 2"), "semblance: E_QUERY: k is given as k = … or k <= …");
  EXPECT_EQ(ErrorOf(search + "k BETWEEN 1 AND 2"),
            "semblance: E_QUERY: k is given as k = … or k <= …");
  EXPECT_EQ(ErrorOf(search + "ef < 2"), "semblance: E_QUERY: ef is given as ef = …");
  EXPECT_EQ(ErrorOf(search + "k IN (2, 3)"),
            "semblance: E_QUERY: k takes one value, not an IN list");
  EXPECT_EQ(ErrorOf(search + "k <= 3 AND k <= 4"), "semblance: E_QUERY: k is given twice");
  EXPECT_EQ(ErrorOf(search + "k < 0"),
            "semblance: E_QUERY: k must be a whole number from 1 to 10001, not the INTEGER 0");
}

TEST_F(Planner, WhatIsOfASearchIsRefusedWithoutOne) {
  EXPECT_EQ(ErrorOf("SELECT rowid FROM p WHERE k = 3"),
            "semblance: E_QUERY: k is of a search: add v MATCH …");
  EXPECT_EQ(ErrorOf("SELECT rowid FROM p WHERE ef = 3"),
            "semblance: E_QUERY: ef is of a search: add v MATCH …");
  EXPECT_EQ(ErrorOf("SELECT rowid FROM p WHERE distance < 3"),
            "semblance: E_QUERY: distance is of a search: add v MATCH …");
  EXPECT_EQ(ErrorOf("SELECT rowid FROM p WHERE p IN ('[1,1]', '[2,2]')"),
            "semblance: E_QUERY: a search has one query: MATCH takes no IN list");
  EXPECT_EQ(Ask("SELECT count(*) FROM p WHERE distance IS NULL AND k IS NULL"), (Rows{"100"}));
}

}  // namespace
}  // namespace semblance::test
