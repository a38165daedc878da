// Inserts rows in transactions of a stated size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/connection.h"

namespace semblance::cli {

class RowWriter {
 public:
  // `rows_per_transaction` 0: all rows in one.
  RowWriter(Connection* connection, const std::string& insert_sql, uint64_t rows_per_transaction);

  void Add(const std::vector<Value>& values);
  // Commits what is open. Without it, what was added since the last commit is rolled back.
  void Finish();

  uint64_t rows() const { return rows_; }            // added
  uint64_t committed() const { return committed_; }  // of these

 private:
  Connection* const connection_;
  const uint64_t rows_per_transaction_;
  // Before the transaction, so that it is destroyed after the rollback.
  Statement insert_;
  std::optional<Transaction> transaction_;
  uint64_t rows_ = 0;
  uint64_t committed_ = 0;
};

}  // namespace semblance::cli
