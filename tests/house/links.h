// Links between the project's own Markdown pages: each leads to a file of the tree, and what stands
// behind its # to a heading of that page.
#pragma once

#include <string>
#include <vector>

#include "tests/house/source_tree.h"

namespace semblance::house {

// The name by which a heading is linked to: lower case, spaces as hyphens, without punctuation; the
// n-th of the same name ends in -n, counted from 1 after the first.
std::vector<std::string> AnchorsOf(const SourceFile& page);

// One sentence a link of `pages`' Markdown files that leads nowhere. Links with a scheme, such as
// https:, and what stands in code, are not looked at. `tree` is what links may lead to.
std::vector<std::string> BrokenLinks(const std::vector<SourceFile>& tree);

}  // namespace semblance::house
