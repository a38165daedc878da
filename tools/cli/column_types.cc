#include "tools/cli/column_types.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace semblance::cli {
namespace {

template <typename Number>
std::optional<Number> Parse(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool HasNeedlessZero(const std::string& text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  return text.size() > first + 1 && text[first] == '0' && text[first + 1] != '.';
}

enum class Kind { kNull, kInteger, kReal, kText };

Kind KindOf(const Value& value, bool typed) {
  if (std::holds_alternative<std::monostate>(value)) return Kind::kNull;
  if (std::holds_alternative<int64_t>(value)) return Kind::kInteger;
  if (std::holds_alternative<double>(value)) return Kind::kReal;
  if (typed) return Kind::kText;
  const std::string& text = std::get<std::string>(value);
  if (text.empty()) return Kind::kNull;
  if (HasNeedlessZero(text)) return Kind::kText;
  if (Parse<int64_t>(text)) return Kind::kInteger;
  const auto real = Parse<double>(text);
  return real && std::isfinite(*real) ? Kind::kReal : Kind::kText;
}

}  // namespace

std::vector<std::string> InferTypes(const std::vector<std::vector<Value>>& records, size_t columns,
                                    bool typed) {
  std::vector<std::string> types;
  for (size_t column = 0; column < columns; ++column) {
    Kind widest = Kind::kNull;
    for (const auto& record : records) widest = std::max(widest, KindOf(record[column], typed));
    types.emplace_back(widest == Kind::kInteger ? "INTEGER"
                       : widest == Kind::kReal  ? "REAL"
                                                : "TEXT");
  }
  return types;
}

std::optional<Value> ConvertTo(const std::string& type, Value value) {
  const auto* text = std::get_if<std::string>(&value);
  if (type == "INTEGER") {
    if (!text)
      return std::holds_alternative<double>(value) ? std::nullopt : std::optional(std::move(value));
    if (text->empty()) return Value();
    const auto integer = Parse<int64_t>(*text);
    return integer ? std::optional<Value>(*integer) : std::nullopt;
  }
  if (type == "REAL") {
    if (const auto* integer = std::get_if<int64_t>(&value))
      return Value(static_cast<double>(*integer));
    if (!text) return value;
    if (text->empty()) return Value();
    const auto real = Parse<double>(*text);
    return real && std::isfinite(*real) ? std::optional<Value>(*real) : std::nullopt;
  }
  if (type == "TEXT") {
    if (const auto* integer = std::get_if<int64_t>(&value)) return Value(std::to_string(*integer));
    if (const auto* real = std::get_if<double>(&value)) {
      char buffer[32];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, *real).ptr;
      return Value(std::string(buffer, end));
    }
  }
  return value;
}

}  // namespace semblance::cli
