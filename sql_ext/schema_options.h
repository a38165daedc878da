// The options key=value of a semblance table.
#pragma once

#include <cstdint>
#include <string>

#include "sql_ext/table_schema.h"

namespace semblance::sql {

struct TableOption {
  std::string key;  // lower case
  std::string value;
};

// Sets an option of a column to search by. Throws engine::Error kOption that names the option,
// what was expected and the nearest valid name.
void SetOption(const TableOption& option, VectorColumn* column);
// Throws for options that do not go with each other, when all are set.
void CheckTogether(const VectorColumn& column);

// A whole number in a range; `what` names it in the message.
uint32_t ParseNumber(const std::string& what, const std::string& value, uint32_t least,
                     uint32_t most);

}  // namespace semblance::sql
