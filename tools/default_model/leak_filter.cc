#include "tools/default_model/leak_filter.h"

#include <utf8proc.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "tools/default_model/text_sets.h"

namespace semblance::default_model {
namespace {

bool CarriesMeaning(utf8proc_int32_t character) {
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string LeakForm(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE |
                                                      UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  if (size < 0) return std::string(text);  // not UTF-8: compared as it is
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  std::string form;
  for (utf8proc_ssize_t at = 0; at < size;) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length = utf8proc_iterate(mapped + at, size - at, &character);
    if (length <= 0) break;
    if (CarriesMeaning(character))
      form.append(reinterpret_cast<const char*>(mapped + at), static_cast<size_t>(length));
    at += length;
  }
  return form;
}

LeakFilter::LeakFilter(const std::string& folder) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != ".tsv") continue;
    for (const auto& row : ReadTsv(entry.path().string())) {
      for (size_t i = 1; i < row.size() && i < 3; ++i) forms_.insert(LeakForm(row[i]));
    }
  }
  if (forms_.empty()) throw std::runtime_error("no evaluation sentence found below " + folder);
}

bool LeakFilter::Leaks(std::string_view text) const { return forms_.count(LeakForm(text)) > 0; }

}  // namespace semblance::default_model
