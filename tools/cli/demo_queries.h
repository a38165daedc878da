// Asks a demo table its questions, and shows SQL, answers and times beside what FTS5 finds.
#pragma once

#include <cstddef>
#include <string>

#include "tools/cli/connection.h"
#include "tools/cli/demo_tables.h"

namespace semblance::cli {

// `width`: of a line; 0: no limit.
void AskDemoTable(Connection* connection, const DemoTable& table, size_t width);

std::string SemanticSql(const DemoTable& table, const DemoQuery& query);
// Any of the words will do, the best by bm25 first: all of them would seldom find anything.
std::string FullTextSql(const DemoTable& table, const DemoQuery& query);
// "draw" OR "diagrams": each word in quotes, so that nothing in it is an operator of FTS5.
std::string AnyWord(const std::string& words);

}  // namespace semblance::cli
