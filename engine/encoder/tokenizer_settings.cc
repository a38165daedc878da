#include "engine/encoder/tokenizer_settings.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "engine/encoder/json_internal.h"
#include "engine/encoder/unicode.h"
#include "engine/encoder/utf8.h"

namespace semblance::encoder {
namespace {

using nlohmann::json;

const std::string kConfig = "tokenizer_config.json";
const std::string kMap = "special_tokens_map.json";
const std::string kAdded = "added_tokens.json";
constexpr size_t kLongestConfig = size_t{16} << 20;
constexpr const char* kRoles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                  "pad_token", "cls_token", "mask_token"};

json ParseFile(const ModelPackage& package, const std::string& name) {
  if (!package.Has(name)) return json::object();
  const std::string_view text = package.File(name);
  if (text.size() > kLongestConfig) throw Error(ErrorKind::kCorruption, name + " is too long");
  return ParseJsonObject(text, name);
}

bool IsToken(const json& value) { return value.is_string() || value.is_object(); }

// A token as an object says it.
SpecialToken TokenOf(const json& object, const std::string& what) {
  SpecialToken token;
  token.text = StringOr(object, "content", "", what);
  token.eats_left = BoolOr(object, "lstrip", false, what);
  token.eats_right = BoolOr(object, "rstrip", false, what);
  if (BoolOr(object, "single_word", false, what)) {
    throw Error(ErrorKind::kUnsupported, what + ": the token \"" + token.text +
                                             "\" has \"single_word\": true, which is not "
                                             "supported");
  }
  return token;
}

// A text alone says nothing of spaces.
SpecialToken PlainToken(const std::string& text, const std::string& role, bool keeps_spaces) {
  const bool mask = role == "mask_token";
  return {text, !keeps_spaces || mask, !keeps_spaces};
}

void ReadSpecial(const json& object, const std::string& what, bool keeps_spaces,
                 TokenizerSettings* settings) {
  for (const char* role : kRoles) {
    const auto found = object.find(role);
    if (found == object.end()) continue;
    if (found->is_null()) {
      settings->special.erase(role);
    } else if (found->is_object()) {
      settings->special[role] = TokenOf(*found, what);
    } else {
      settings->special[role] = PlainToken(StringOr(object, role, "", what), role, keeps_spaces);
    }
  }
  const auto list = object.find("additional_special_tokens");
  if (list == object.end() || list->is_null()) return;
  if (!list->is_array() || !std::all_of(list->begin(), list->end(), IsToken)) {
    throw Error(ErrorKind::kCorruption,
                what + ": \"additional_special_tokens\" is not a list of tokens");
  }
  settings->additional.clear();
  for (const json& token : *list) {
    settings->additional.push_back(
        token.is_object() ? TokenOf(token, what) : PlainToken(token.get<std::string>(), "", false));
  }
}

void ReadDecoder(const json& object, TokenizerSettings* settings) {
  const auto found = object.find("added_tokens_decoder");
  if (found == object.end() || found->is_null()) return;
  const std::string what = kConfig + ": \"added_tokens_decoder\"";
  if (!found->is_object()) throw Error(ErrorKind::kCorruption, what + " is not an object");
  for (const auto& [key, value] : found->items()) {
    int64_t id = -1;
    const auto [end, code] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (code != std::errc() || end != key.data() + key.size() || !value.is_object()) {
      throw Error(ErrorKind::kCorruption, what + ": \"" + key + "\" is not an id with a token");
    }
    const bool exact =
        BoolOr(value, "special", false, what) || !BoolOr(value, "normalized", true, what);
    settings->listed.push_back({TokenOf(value, what), id, exact});
  }
}

void ReadAdded(const json& object, TokenizerSettings* settings) {
  for (const auto& [text, id] : object.items()) {
    if (!id.is_number_integer()) {
      throw Error(ErrorKind::kCorruption,
                  kAdded + ": the id of \"" + text + "\" is not a whole number");
    }
    settings->listed.push_back({PlainToken(text, "", false), id.get<int64_t>(), false});
  }
}

std::optional<bool> Choice(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return BoolOr(object, key, false, kConfig);
}

void RefuseTheRare(const json& object) {
  const auto never = object.find("never_split");
  if (never != object.end() && !never->is_null() && !never->empty()) {
    throw Error(ErrorKind::kUnsupported, kConfig + ": \"never_split\" is not supported");
  }
  if (!BoolOr(object, "do_basic_tokenize", true, kConfig)) {
    throw Error(ErrorKind::kUnsupported,
                kConfig + ": \"do_basic_tokenize\": false is not supported");
  }
}

}  // namespace

const SpecialToken& TokenizerSettings::Special(const std::string& role) const {
  static const SpecialToken none;
  const auto found = special.find(role);
  return found == special.end() ? none : found->second;
}

TokenizerSettings ReadTokenizerSettings(const ModelPackage& package,
                                        const TokenizerDefaults& defaults) {
  TokenizerSettings settings;
  for (const auto& [role, text] : defaults.special) {
    settings.special[role] = PlainToken(text, role, defaults.keeps_spaces);
  }
  const json config = ParseFile(package, kConfig);
  RefuseTheRare(config);
  settings.lower_case = Choice(config, "do_lower_case");
  settings.strip_accents = Choice(config, "strip_accents");
  settings.split_chinese = Choice(config, "tokenize_chinese_chars");
  settings.prefix_space = Choice(config, "add_prefix_space");
  settings.remove_space = Choice(config, "remove_space");
  settings.keep_accents = Choice(config, "keep_accents");
  ReadSpecial(config, kConfig, defaults.keeps_spaces, &settings);
  ReadSpecial(ParseFile(package, kMap), kMap, false, &settings);
  ReadAdded(ParseFile(package, kAdded), &settings);
  ReadDecoder(config, &settings);
  return settings;
}

void AddSettingsTokens(const TokenizerSettings& settings, bool lower_case,
                       const std::function<int32_t(const std::string&)>& id_of,
                       const std::string& what, ImportedParts* parts) {
  std::vector<AddedToken> exact, folded;
  std::set<std::string> special;
  const auto add_special = [&](const SpecialToken& token) {
    special.insert(token.text);
    const int32_t id = id_of(token.text);
    if (id < 0) return;
    exact.push_back({token.text, id, token.eats_left, token.eats_right});
    // Also what only folding makes it: "<S>" is "<s>" then, but "[cls]" is not "[CLS]".
    if (lower_case && ToLowerCase(token.text) == token.text) folded.push_back(exact.back());
  };
  for (const auto& [role, token] : settings.special) add_special(token);
  for (const SpecialToken& token : settings.additional) add_special(token);

  TextMap<int32_t> listed_ids;
  for (const ListedToken& listed : settings.listed) {
    const std::string& text = listed.token.text;
    if (listed.id < 0 || listed.id >= kMostTokens) {
      throw Error(ErrorKind::kCorruption,
                  what + ": the token \"" + text + "\" has the id " + std::to_string(listed.id));
    }
    const int32_t known = id_of(text);
    const int32_t id = known >= 0 ? known : static_cast<int32_t>(listed.id);
    listed_ids.insert_or_assign(text, id);
    parts->vocabulary_size = std::max(parts->vocabulary_size, static_cast<uint32_t>(id) + 1);
    AddedToken token{text, id, listed.token.eats_left, listed.token.eats_right};
    if (!lower_case || listed.exact || special.count(text) != 0) {
      exact.push_back(std::move(token));
    } else {
      token.text = ToLowerCase(ToValidUtf8(text));
      folded.push_back(std::move(token));
    }
  }
  parts->exact = AddedTokens(exact);
  parts->folded = AddedTokens(folded);
  parts->fold = [](std::string_view text) { return ToLowerCase(text); };

  const auto id = [&](const char* role) {
    const std::string& text = settings.Special(role).text;
    const auto listed = listed_ids.find(text);
    return listed == listed_ids.end() ? id_of(text) : listed->second;
  };
  parts->ids = {.pad = id("pad_token"),
                .unk = id("unk_token"),
                .cls = id("cls_token"),
                .sep = id("sep_token"),
                .mask = id("mask_token")};
  for (const char* role : {"cls_token", "sep_token"}) {
    if (id(role) >= 0) continue;
    throw Error(ErrorKind::kMissing, what + " has no token \"" + settings.Special(role).text +
                                         "\", which the settings call the " + role);
  }
}

}  // namespace semblance::encoder
