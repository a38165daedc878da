#include "tools/cli/row_writer.h"

namespace semblance::cli {

RowWriter::RowWriter(Connection* connection, const std::string& insert_sql,
                     uint64_t rows_per_transaction)
    : connection_(connection),
      rows_per_transaction_(rows_per_transaction),
      insert_(connection->handle(), insert_sql) {}

void RowWriter::Add(const std::vector<Value>& values) {
  if (!transaction_) transaction_.emplace(connection_);
  insert_.Reset();
  for (size_t i = 0; i < values.size(); ++i) insert_.Bind(static_cast<int>(i) + 1, values[i]);
  insert_.Step();
  insert_.Reset();
  ++rows_;
  if (rows_per_transaction_ != 0 && rows_ - committed_ >= rows_per_transaction_) Finish();
}

void RowWriter::Finish() {
  if (!transaction_) return;
  insert_.Reset();
  transaction_->Commit();
  transaction_.reset();
  committed_ = rows_;
}

}  // namespace semblance::cli
