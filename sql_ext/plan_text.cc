// The text of a plan, both ways.
#include "sql_ext/statement.h"
#include "sql_ext/table_plan.h"

namespace semblance::sql {
namespace {

using Kind = PlanStep::Kind;

constexpr std::string_view kNearest = "nearest by ";
constexpr std::string_view kWhere = "where ";
constexpr std::string_view kCollate = " COLLATE ";
constexpr std::string_view kLiteral = " literal";
constexpr std::string_view kEveryRow = "every row";

std::string WriteStep(const PlanStep& step) {
  switch (step.kind) {
    case Kind::kMatch:
      return std::string(kNearest) + QuotedIfNeeded(step.column) +
             (step.how.empty() ? "" : " (" + step.how + ")");
    case Kind::kK:
      return "k " + step.comparison;
    case Kind::kEf:
      return "ef =";
    case Kind::kNprobe:
      return "nprobe =";
    case Kind::kDiversity:
      return "diversity =";
    case Kind::kOversample:
      return "oversample =";
    case Kind::kLimit:
      return "limit";
    case Kind::kOffset:
      return "offset";
    case Kind::kDistance:
      return "distance " + step.comparison;
    case Kind::kCondition:
      break;
  }
  std::string text = std::string(kWhere) + QuotedIfNeeded(step.column) + " " + step.comparison;
  if (!step.collation.empty()) text += std::string(kCollate) + QuotedIfNeeded(step.collation);
  if (step.literal) text += kLiteral;
  return text;
}

// Takes an identifier from the front of a text, quotes undone.
std::string TakeName(std::string_view* text) {
  std::string name;
  if (!text->starts_with('"')) {
    const size_t end = text->find_first_of(" ,");
    name = text->substr(0, end);
    text->remove_prefix(name.size());
    return name;
  }
  size_t i = 1;
  for (; i < text->size(); ++i) {
    if ((*text)[i] == '"' && text->substr(i + 1, 1) != "\"") break;
    if ((*text)[i] == '"') ++i;
    name += (*text)[i];
  }
  text->remove_prefix(i + 1);
  return name;
}

bool Take(std::string_view* text, std::string_view word) {
  if (!text->starts_with(word)) return false;
  text->remove_prefix(word.size());
  return true;
}

// Up to the end of the step, COLLATE or literal.
std::string TakeComparison(std::string_view* text) {
  size_t end = std::min(text->find(','), text->size());
  end = std::min(end, text->find(kCollate));
  end = std::min(end, text->find(kLiteral));
  const std::string comparison(text->substr(0, end));
  text->remove_prefix(end);
  return comparison;
}

PlanStep TakeStep(std::string_view* text) {
  if (Take(text, kNearest)) {
    PlanStep step{Kind::kMatch, TakeName(text), "", "", false};
    if (text->starts_with(" (")) text->remove_prefix(std::min(text->find(')') + 1, text->size()));
    return step;
  }
  if (Take(text, "k ")) return {Kind::kK, "", TakeComparison(text), "", false};
  if (Take(text, "ef =")) return {Kind::kEf, "", "", "", false};
  if (Take(text, "nprobe =")) return {Kind::kNprobe, "", "", "", false};
  if (Take(text, "diversity =")) return {Kind::kDiversity, "", "", "", false};
  if (Take(text, "oversample =")) return {Kind::kOversample, "", "", "", false};
  if (Take(text, "limit")) return {Kind::kLimit, "", "", "", false};
  if (Take(text, "offset")) return {Kind::kOffset, "", "", "", false};
  if (Take(text, "distance ")) return {Kind::kDistance, "", TakeComparison(text), "", false};
  Take(text, kWhere);
  PlanStep step{Kind::kCondition, TakeName(text), "", "", false};
  Take(text, " ");
  step.comparison = TakeComparison(text);
  if (Take(text, kCollate)) step.collation = TakeName(text);
  step.literal = Take(text, kLiteral);
  return step;
}

}  // namespace

std::string WritePlan(const std::vector<PlanStep>& steps) {
  if (steps.empty()) return std::string(kEveryRow);
  std::string plan;
  for (const PlanStep& step : steps) plan += (plan.empty() ? "" : ", ") + WriteStep(step);
  return plan;
}

std::vector<PlanStep> ReadPlan(std::string_view plan) {
  std::vector<PlanStep> steps;
  if (plan == kEveryRow) return steps;
  while (!plan.empty()) {
    steps.push_back(TakeStep(&plan));
    Take(&plan, ", ");
  }
  return steps;
}

}  // namespace semblance::sql
