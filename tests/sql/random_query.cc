#include "tests/sql/random_query.h"

#include <algorithm>

namespace semblance::test {
namespace {

constexpr const char* kOrder[] = {"=", "<", "<=", ">", ">=", "<>"};
constexpr const char* kShown = "t.rowid, t.distance, t.tag, t.n, t.r, t.u, t.extra";

// `near` gives rows by distance; what SQL promises is this.
constexpr const char* kNearestFirst = " ORDER BY t.distance, t.rowid";

std::string Where(const std::string& condition) {
  return condition.empty() ? "" : " WHERE " + condition;
}

}  // namespace

std::string RandomQuery::OnDistance() {
  // Between the values that distances have.
  const std::string bound = std::to_string(dice_.Between(-9, 20)) + ".37";
  const std::string small = "0." + std::to_string(dice_.Between(1, 19)) + "37";
  const std::string at = tables_.options().metric == "cosine" ? small : bound;
  switch (dice_.Between(0, 3)) {
    case 0:
      return "distance > " + at;
    case 1:
      return "distance BETWEEN " + at + " AND 12.5";
    case 2:
      return "distance <> " + at;
    default:
      return std::string("distance ") + (dice_.OneIn(2) ? "<" : "<=") + " " + at;
  }
}

// `cut`: there is a k, so conditions that let through too much on purpose are out.
std::string RandomQuery::AskedOne(bool cut) {
  constexpr const char* kNumbers[] = {
      "0", "1", "3", "5", "7.5", "'4'", "'x'", "-1", "abs(-6)", "(SELECT max(lo) FROM q)", "NULL"};
  constexpr const char* kTexts[] = {"'a'", "'b'",        "'A'",  "'ab'",
                                    "''",  "lower('B')", "NULL", "(SELECT tag FROM q WHERE id = 3)",
                                    "5",   "'05'"};
  constexpr const char* kValues[] = {"1", "2", "'2'", "2.5", "'x'", "x'01'", "NULL"};
  constexpr const char* kFixed[] = {"t.n IS NULL",
                                    "t.n IS NOT NULL",
                                    "t.tag NOTNULL",
                                    "t.u IS NULL",
                                    "t.n IS 3",
                                    "t.n IS NOT 3",
                                    "t.n IS NULL",
                                    "t.tag IS 'a'",
                                    "t.tag IS NOT 'a'",
                                    "t.n BETWEEN 2 AND 6",
                                    "t.tag BETWEEN 'a' AND 'b'",
                                    "t.n IN (1, 3, NULL, 5)",
                                    "t.n IN ('1', 2.0)",
                                    "t.tag IN ('a', 'A', 'c')",
                                    "t.tag IN (5, 'b')",
                                    "t.u IN ('2', 2.5, x'01')",
                                    "t.n IN (SELECT lo FROM q)",
                                    "t.tag IN (SELECT tag FROM owner)",
                                    "t.u IN (SELECT lo FROM q)",
                                    "t.tag IN (SELECT lo FROM q)",
                                    "t.tag LIKE 'A%'",
                                    "t.tag LIKE '%b'",
                                    "t.tag GLOB 'a*'",
                                    "t.n LIKE '1%'",
                                    "t.extra LIKE 'e_'",
                                    "t.extra = 'e'",
                                    "t.extra > 'e'",
                                    "t.tag = 'A' COLLATE NOCASE",
                                    "t.tag COLLATE NOCASE IN ('B', 'x')",
                                    "t.tag < 'B' COLLATE NOCASE",
                                    "t.rowid IN (1, 5, 9, 9, 12, 33, 70)",
                                    "(t.rowid = 4 OR t.rowid = 11)",
                                    "(t.n = 1 OR t.n = 6 OR t.n = 8)",
                                    "t.rowid BETWEEN 5 AND 40",
                                    "t.rowid <> 7",
                                    "t.rowid >= 12",
                                    "t.rowid IN (SELECT row FROM owner)",
                                    "t.r = 3.25",
                                    "t.r IN (1.25, 2.25, '4.25')",
                                    "t.n IN ()",
                                    "t.tag < 5",
                                    "t.u > 1",
                                    "t.tag = (SELECT lo FROM q WHERE id = 1)",
                                    "3 < t.n",
                                    "'b' = t.tag",
                                    "t.rowid < 30.5",
                                    "t.rowid > 'x'"};
  // A number that may have come from anywhere, beside a column that is no number.
  constexpr const char* kLoose[] = {"t.tag > (SELECT lo FROM q WHERE id = 2)", "t.tag <> abs(-5)",
                                    "t.u < (SELECT lo FROM q WHERE id = 2)", "t.u IN (1, 2, 'x')"};
  if (!cut && dice_.OneIn(8)) return dice_.Of(kLoose);
  switch (dice_.Between(0, 6)) {
    case 0:
      return std::string("t.n ") + dice_.Of(kOrder) + " " + dice_.Of(kNumbers);
    case 1:
      return std::string("t.tag ") + (dice_.OneIn(2) ? "=" : ">=") + " " + dice_.Of(kTexts);
    case 2:
      return std::string("t.u ") + dice_.Of(kOrder) + " " + dice_.Of(kValues);
    default:
      return dice_.Of(kFixed);
  }
}

std::vector<std::string> RandomQuery::Asked(bool cut) {
  std::vector<std::string> terms;
  for (int64_t i = dice_.Between(0, 3); i > 0; --i) terms.push_back(AskedOne(cut));
  if (dice_.OneIn(25)) {  // more than SQLite lets a table promise
    for (int i = 0; i < 17; ++i) terms.push_back("t.rowid <> " + std::to_string(100 + i));
  }
  return terms;
}

std::string RandomQuery::Leftover() {
  constexpr const char* kTerms[] = {"length(t.extra) >= 2",
                                    "t.n % 2 = 0",
                                    "t.n + 0 > 3",
                                    "(t.n = 1 OR t.tag = 'b' OR t.r < 2)",
                                    "(t.rowid = 3 OR t.n > 4)",
                                    "t.tag NOT LIKE 'a%'",
                                    "upper(t.tag) = 'A'",
                                    "t.n NOT IN (1, 2)",
                                    "coalesce(t.u, 0) = 0",
                                    "length(t.tag) = length(t.extra)",
                                    "CASE WHEN t.n < 5 THEN 1 ELSE t.r > 3 END",
                                    "EXISTS (SELECT 1 FROM owner WHERE owner.row = t.rowid)",
                                    "abs(t.rowid - 20) < 15",
                                    "(t.n > 3) = (t.r > 3)",
                                    "NOT (t.n > 3)",
                                    "t.v IS NOT NULL",
                                    "(t.tag LIKE 'a' OR t.n IS NULL)",
                                    "(SELECT count(*) FROM owner WHERE owner.tag = t.tag) > 0",
                                    "t.tag LIKE 'a^%' ESCAPE '^'",
                                    "+t.n = 3"};
  return dice_.Of(kTerms);
}

std::string RandomQuery::Joined(std::vector<std::string> terms) {
  for (size_t i = terms.size(); i > 1; --i)
    std::swap(terms[i - 1],
              terms[static_cast<size_t>(dice_.Between(0, static_cast<int64_t>(i) - 1))]);
  std::string text;
  for (const std::string& term : terms) text += (text.empty() ? "" : " AND ") + term;
  return text;
}

// The column that a search is by.
std::string RandomQuery::By() { return dice_.OneIn(4) ? "t.w" : "t.v"; }

// A table of the k nearest rows that meet every condition; k < 0: of all of them.
std::string RandomQuery::Near(const std::string& column, const std::string& vector,
                              const std::vector<std::string>& asked, int64_t k) const {
  std::string sql = "(SELECT t.rowid AS rowid, t.v, t.w, t.tag, t.n, t.r, t.u, t.extra, " +
                    tables_.Distance(column, vector) + " AS distance FROM o AS t WHERE " + column +
                    " IS NOT NULL";
  for (const std::string& term : asked) sql += " AND " + term;
  return sql + " ORDER BY distance, t.rowid LIMIT " + std::to_string(k) + ")";
}

RandomQuery::Search RandomQuery::NewSearch() {
  const std::string vector = tables_.QueryVector();
  const bool cut = !dice_.OneIn(4);
  const int64_t k = cut ? dice_.Between(0, 12) : -1;
  std::vector<std::string> asked = Asked(cut);
  if (dice_.OneIn(5)) asked.push_back(OnDistance());
  std::vector<std::string> leftover;
  if (dice_.OneIn(3)) leftover.push_back(Leftover());
  std::vector<std::string> terms = asked;
  terms.insert(terms.end(), leftover.begin(), leftover.end());
  std::string from = "FROM t";
  std::string by = "t.v";
  if (dice_.OneIn(6)) {
    from += "(" + vector + (cut ? ", " + std::to_string(k) : "") + ")";
    if (!cut) terms.push_back("t.ef = 10000");
  } else {
    constexpr const char* kMatch[] = {"t.v MATCH ", "t MATCH ", "t.t = "};
    by = By();
    terms.push_back((by == "t.v" ? dice_.Of(kMatch) : by + " MATCH ") + vector);
    if (cut)
      terms.push_back(dice_.OneIn(5) ? "t.k < " + std::to_string(k + 1)
                                     : (dice_.OneIn(5) ? "t.k <= " : "t.k = ") + std::to_string(k));
    terms.push_back("t.ef = 10000");
  }
  return {from + Where(Joined(terms)),
          "FROM " + Near(by, vector, asked, k) + " AS t" + Where(Joined(leftover))};
}

std::string RandomQuery::Limit() {
  if (!dice_.OneIn(3)) return "";
  const std::string limit = " LIMIT " + std::to_string(dice_.Between(-1, 9));
  return dice_.OneIn(2) ? limit : limit + " OFFSET " + std::to_string(dice_.Between(0, 5));
}

QueryPair RandomQuery::Plain() {
  const Search search = NewSearch();
  const std::string limit = Limit();
  const std::string select = std::string("SELECT ") + kShown + " ";
  constexpr const char* kOthers[] = {" ORDER BY t.distance DESC, t.rowid", " ORDER BY t.n, t.rowid",
                                     " ORDER BY t.tag DESC, t.distance, t.rowid",
                                     " ORDER BY t.rowid DESC",
                                     " ORDER BY t.distance, t.rowid DESC"};
  if (dice_.OneIn(3)) {
    const std::string order = dice_.Of(kOthers);
    return {select + search.ours + order + limit, select + search.theirs + order + limit, true};
  }
  constexpr const char* kSame[] = {"", " ORDER BY t.distance", " ORDER BY t.distance, t.rowid",
                                   " ORDER BY distance ASC"};
  return {select + search.ours + dice_.Of(kSame) + limit,
          select + search.theirs + kNearestFirst + limit, true};
}

QueryPair RandomQuery::Grouped() {
  const Search search = NewSearch();
  constexpr const char* kForms[][2] = {
      {"SELECT DISTINCT t.tag ", ""},
      {"SELECT DISTINCT t.n, t.tag ", ""},
      {"SELECT DISTINCT t.distance ", " ORDER BY t.distance"},
      {"SELECT t.tag, count(*), min(t.distance), max(t.rowid), total(t.n) ", " GROUP BY t.tag"},
      {"SELECT t.distance, count(*) ", " GROUP BY t.distance"},
      {"SELECT count(*), sum(t.n), avg(t.distance), group_concat(DISTINCT t.n > 4) IS NULL ", ""},
      {"SELECT t.n % 3, count(DISTINCT t.tag) ", " GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"}};
  const auto& form = kForms[dice_.Between(0, static_cast<int64_t>(std::size(kForms)) - 1)];
  return {form[0] + search.ours + form[1], form[0] + search.theirs + form[1], false};
}

QueryPair RandomQuery::Nested() {
  const Search search = NewSearch();
  constexpr const char* kForms[][2] = {
      {"SELECT id, tag FROM o WHERE id IN (SELECT t.rowid ", ") ORDER BY id"},
      {"SELECT id, n FROM o WHERE id NOT IN (SELECT t.rowid ", ") AND n < 4 ORDER BY id"},
      {"WITH near AS (SELECT t.rowid AS id, t.distance AS d, t.tag AS tag ",
       ") SELECT near.*, owner.who FROM near JOIN owner ON owner.tag = near.tag ORDER BY d, "
       "near.id, who"},
      {"WITH near AS MATERIALIZED (SELECT t.rowid AS id, t.distance AS d ",
       ") SELECT a.id, b.id FROM near AS a JOIN near AS b ON a.id < b.id ORDER BY 1, 2"},
      {"SELECT avg(d), count(*) FROM (SELECT t.distance AS d, t.n AS n ", ") WHERE +n > 2"},
      {"WITH near AS MATERIALIZED (SELECT t.distance AS d, t.n AS n ",
       ") SELECT avg(d), count(*) FROM near WHERE n > 2"},
      {"SELECT owner.who FROM owner WHERE EXISTS (SELECT 1 ", ") ORDER BY 1"},
      {"SELECT (SELECT count(*) ", "), 7"}};
  const auto& form = kForms[dice_.Between(0, static_cast<int64_t>(std::size(kForms)) - 1)];
  return {form[0] + search.ours + form[1], form[0] + search.theirs + form[1], true};
}

QueryPair RandomQuery::Windowed() {
  const Search search = NewSearch();
  constexpr const char* kForms[] = {
      "SELECT t.rowid, row_number() OVER (ORDER BY t.distance, t.rowid) ",
      "SELECT t.rowid, rank() OVER (PARTITION BY t.tag ORDER BY t.distance) ",
      "SELECT t.rowid, lag(t.rowid) OVER (ORDER BY t.distance, t.rowid) ",
      "SELECT t.rowid, sum(t.n) OVER (PARTITION BY t.r ORDER BY t.rowid ROWS 1 PRECEDING) "};
  const std::string form = dice_.Of(kForms);
  return {form + search.ours, form + search.theirs, false};
}

QueryPair RandomQuery::Compound() {
  const Search a = NewSearch(), b = NewSearch();
  constexpr const char* kBetween[] = {" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT "};
  const std::string between = dice_.Of(kBetween);
  const std::string columns =
      dice_.OneIn(2) ? "SELECT t.rowid AS id, t.tag " : "SELECT t.tag, t.n ";
  const std::string order = dice_.OneIn(2) ? "" : " ORDER BY 1, 2";
  return {columns + a.ours + between + columns + b.ours + order,
          columns + a.theirs + between + columns + b.theirs + order, false};
}

// The query stands in the statement: the nearest are found first and joined then.
QueryPair RandomQuery::JoinedAfter() {
  const std::string vector = tables_.QueryVector();
  const int64_t k = dice_.OneIn(3) ? -1 : dice_.Between(1, 15);
  std::vector<std::string> asked;
  if (dice_.OneIn(2)) asked.push_back(AskedOne(k >= 0));
  std::vector<std::string> terms = asked;
  const std::string by = By();
  terms.push_back(by + " MATCH " + vector);
  if (k >= 0) terms.push_back("t.k = " + std::to_string(k));
  constexpr const char* kJoins[] = {"owner ON owner.row = t.rowid", "owner ON owner.tag = t.tag",
                                    "owner ON owner.row = t.rowid OR owner.tag = t.extra",
                                    "owner ON owner.row = t.rowid AND owner.row > 20",
                                    "q AS owner ON owner.lo = t.n AND owner.tag = t.tag"};
  const std::string kind = dice_.OneIn(4) ? " LEFT JOIN " : " JOIN ";
  const std::string join = kind + dice_.Of(kJoins);
  const std::string select = "SELECT t.rowid, t.distance, owner.* FROM ";
  const std::string order = " ORDER BY t.distance, t.rowid, 3" + Limit();
  return {select + "t" + join + Where(Joined(terms)) + order,
          select + Near(by, vector, asked, k) + " AS t" + join + order, true};
}

// A search for each row of q.
QueryPair RandomQuery::Lateral() {
  const int64_t k = dice_.Between(0, 6);
  std::vector<std::string> asked;
  if (dice_.OneIn(2)) asked.push_back(AskedOne(true));
  if (dice_.OneIn(3)) asked.push_back("t.n >= q.lo");
  if (dice_.OneIn(3)) asked.push_back("t.tag = q.tag");
  const std::string leftover = dice_.OneIn(3) ? Leftover() : "";
  std::vector<std::string> terms = asked;
  if (!leftover.empty()) terms.push_back(leftover);
  std::string ours = "FROM ";
  std::string by = "t.v";
  if (dice_.OneIn(3)) {
    ours += "q JOIN t(q.at, " + std::to_string(k) + ") AS t";
  } else {
    ours += dice_.OneIn(2) ? "q JOIN t" : "t JOIN q";
    by = By();
    terms.push_back(by == "t.v" && dice_.OneIn(2) ? "t MATCH q.at" : by + " MATCH q.at");
    terms.push_back("t.k = " + std::to_string(k));
  }
  std::string theirs =
      "FROM (SELECT q.id AS id, t.rowid AS rowid, t.v, t.w, t.tag, t.n, t.r, t.u, t.extra, " +
      tables_.Distance(by, "q.at") +
      " AS distance, row_number() OVER (PARTITION BY q.id ORDER BY " +
      tables_.Distance(by, "q.at") + ", t.rowid) AS place FROM q JOIN o AS t WHERE " + by +
      " IS NOT NULL";
  for (const std::string& term : asked) theirs += " AND " + term;
  theirs += ") AS t WHERE t.place <= " + std::to_string(k);
  if (!leftover.empty()) theirs += " AND " + leftover;
  const std::string order = " ORDER BY 1, 3, 2" + Limit();
  return {"SELECT q.id, t.rowid, t.distance, t.tag " + ours + Where(Joined(terms)) + order,
          "SELECT t.id, t.rowid, t.distance, t.tag " + theirs + order, true};
}

QueryPair RandomQuery::LeftLateral() {
  const std::string k = std::to_string(dice_.Between(1, 4));
  const std::string asked = dice_.OneIn(2) ? AskedOne(true) : "t.n > q.lo";
  const std::string order = " ORDER BY 1, 3, 2";
  return {
      "SELECT q.id, t.rowid, t.distance FROM q LEFT JOIN t ON t.v MATCH q.at AND t.k = " + k +
          " AND " + asked + order,
      "SELECT q.id, t.rowid, t.distance FROM q LEFT JOIN (SELECT q.id AS id, t.rowid AS rowid, " +
          tables_.Distance("t.v", "q.at") +
          " AS distance, row_number() OVER (PARTITION BY q.id ORDER BY " +
          tables_.Distance("t.v", "q.at") +
          ", t.rowid) AS place FROM q JOIN o AS t WHERE t.v IS NOT NULL AND " + asked +
          ") AS t ON t.id = q.id AND t.place <= " + k + order,
      true};
}

QueryPair RandomQuery::Correlated() {
  const std::string asked = dice_.OneIn(2) ? AskedOne(true) : "t.n >= q.lo";
  const std::string k = std::to_string(dice_.Between(1, 3));
  const std::string ours = "FROM t WHERE t.v MATCH q.at AND t.k = " + k + " AND " + asked;
  const std::string theirs = "FROM (SELECT t.rowid AS rowid, t.n AS n, " +
                             tables_.Distance("t.v", "q.at") +
                             " AS distance FROM o AS t WHERE t.v IS NOT NULL AND " + asked +
                             " ORDER BY distance, t.rowid LIMIT " + k + ") AS t";
  constexpr const char* kForms[][2] = {
      {"SELECT q.id, (SELECT t.rowid ", " ORDER BY t.distance, t.rowid LIMIT 1) FROM q"},
      {"SELECT q.id, (SELECT total(t.n) ", ") FROM q"},
      {"SELECT q.id FROM q WHERE EXISTS (SELECT 1 ", ")"},
      {"SELECT q.id FROM q WHERE q.lo IN (SELECT t.n ", ")"}};
  const auto& form = kForms[dice_.Between(0, static_cast<int64_t>(std::size(kForms)) - 1)];
  return {form[0] + ours + form[1], form[0] + theirs + form[1], false};
}

// The rows near one of two queries.
QueryPair RandomQuery::EitherQuery() {
  const std::string a = tables_.QueryVector(), b = tables_.QueryVector();
  const std::string by_a = By(), by_b = By();
  const int64_t k = dice_.Between(1, 6);
  return {"SELECT t.rowid, t.tag FROM t WHERE (" + by_a + " MATCH " + a + " OR " + by_b +
              " MATCH " + b + ") AND t.k = " + std::to_string(k),
          "SELECT t.rowid, t.tag FROM " + Near(by_a, a, {}, k) +
              " AS t UNION SELECT t.rowid, t.tag FROM " + Near(by_b, b, {}, k) + " AS t",
          false};
}

QueryPair RandomQuery::Scan() {
  std::vector<std::string> terms = Asked(false);
  if (dice_.OneIn(3)) terms.push_back(Leftover());
  constexpr const char* kForms[][2] = {
      {"SELECT t.rowid, t.tag, t.n, vec_to_json(t.v), vec_to_json(t.w) FROM ", " ORDER BY t.rowid"},
      {"SELECT t.rowid, t.u FROM ", " ORDER BY t.rowid DESC LIMIT 4"},
      {"SELECT t.rowid, t.u FROM ", " ORDER BY rowid LIMIT 5 OFFSET 2"},
      {"SELECT count(*), total(t.n), max(t.tag) FROM ", ""},
      {"SELECT t.tag, t.n FROM ", " ORDER BY t.n DESC, t.rowid LIMIT 7"}};
  const auto& form = kForms[dice_.Between(0, static_cast<int64_t>(std::size(kForms)) - 1)];
  const std::string rest = Where(Joined(terms)) + form[1];
  return {form[0] + std::string("t") + rest, form[0] + std::string("o AS t") + rest, true};
}

QueryPair RandomQuery::Next() {
  switch (dice_.Between(0, 15)) {
    case 0:
    case 1:
      return Grouped();
    case 2:
      return Nested();
    case 3:
      return Windowed();
    case 4:
      return Compound();
    case 5:
      return JoinedAfter();
    case 6:
    case 7:
      return Lateral();
    case 8:
      return LeftLateral();
    case 9:
      return Correlated();
    case 10:
      return EitherQuery();
    case 11:
      return Scan();
    default:
      return Plain();
  }
}

}  // namespace semblance::test
