// Data that lies beside the source tree, in ../shared, and may not be in it: real text, and real
// vocabularies. Tests that need it skip where it is not there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace semblance::encoder {

std::string SharedFolder();  // the path, whether or not there is anything
bool HasShared(const std::string& name);
std::string ReadShared(const std::string& name);  // unpacks what ends in .xz; throws

// Path below ../shared of the file with that content, among those of `folder`.
std::optional<std::string> SharedFileWithHash(const std::string& folder, const std::string& sha256);

// The files of ../shared/golden/models/NAME that a tokenizer may read.
std::map<std::string, std::string> GoldenModelFiles(const std::string& name);

}  // namespace semblance::encoder
