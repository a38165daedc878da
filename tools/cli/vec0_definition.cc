#include "tools/cli/vec0_definition.h"

#include <map>
#include <regex>
#include <stdexcept>

#include "tools/cli/table_shape.h"

namespace semblance::cli {
namespace {

using Kind = Vec0Column::Kind;
using Element = Vec0Column::Element;

bool IsOption(const std::string& argument) {
  static const std::regex form(R"(^\w+\s*=[\s\S]*)");
  return std::regex_match(argument, form);
}

// Whether `rest`, in capitals, describes vectors; then the column is filled.
bool ReadVector(const std::string& rest, Vec0Column* column) {
  static const std::regex form(R"(^(FLOAT|F32|INT8|I8|BIT)\s*\[\s*(\d+)\s*\]([\s\S]*)$)");
  static const std::regex metric(R"(DISTANCE_METRIC\s*=\s*(\w+))");
  std::smatch match;
  if (!std::regex_match(rest, match, form)) return false;
  column->kind = Kind::kVector;
  column->dimension = std::stoull(match[2]);
  const char first = match[1].str()[0];
  column->element = first == 'F'   ? Element::kFloat32
                    : first == 'I' ? Element::kInt8
                                   : Element::kBit;
  const std::string options = match[3];
  if (std::regex_search(options, match, metric)) {
    const std::string named = match[1];
    column->metric = named == "COSINE" ? "cosine" : named == "L1" ? "l1" : "l2";
  }
  return true;
}

std::string TypeOf(const std::string& rest) {
  static const std::map<std::string, std::string> types = {
      {"TEXT", "TEXT"},   {"INTEGER", "INTEGER"}, {"INT", "INTEGER"},     {"FLOAT", "REAL"},
      {"DOUBLE", "REAL"}, {"REAL", "REAL"},       {"BOOLEAN", "BOOLEAN"}, {"BOOL", "BOOLEAN"}};
  const std::string word = rest.substr(0, rest.find_first_of(" \t\r\n"));
  const auto found = types.find(word);
  return found == types.end() ? word : found->second;
}

Vec0Column ReadColumn(std::string argument) {
  Vec0Column column;
  if (argument.starts_with('+')) {
    column.kind = Kind::kAuxiliary;
    argument.erase(0, argument.find_first_not_of(" \t\r\n", 1));
  }
  std::string rest;
  column.name = TakeName(argument, &rest);
  if (column.kind != Kind::kAuxiliary && ReadVector(rest, &column)) return column;
  column.type = TypeOf(rest);
  static const std::regex key(R"((PRIMARY|PARTITION)\s+KEY\s*$)");
  std::smatch match;
  if (std::regex_search(rest, match, key)) {
    column.kind = match[1] == "PRIMARY" ? Kind::kPrimaryKey : Kind::kPartition;
  }
  return column;
}

}  // namespace

uint64_t Vec0Column::vector_bytes() const {
  switch (element) {
    case Element::kFloat32:
      return dimension * 4;
    case Element::kInt8:
      return dimension;
    case Element::kBit:
      return dimension / 8;
  }
  return 0;
}

std::vector<Vec0Column> ParseVec0Definition(const std::string& create_sql) {
  std::vector<Vec0Column> columns;
  std::map<Kind, int> count;
  for (const std::string& argument : ArgumentsOf(create_sql)) {
    if (argument.empty() || IsOption(argument)) continue;
    columns.push_back(ReadColumn(argument));
    columns.back().number = count[columns.back().kind]++;
  }
  if (count[Kind::kVector] == 0) {
    throw std::runtime_error("no column of vectors was found in: " + create_sql);
  }
  return columns;
}

}  // namespace semblance::cli
