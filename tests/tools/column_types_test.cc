#include "tools/cli/column_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace semblance::cli {
namespace {

using ::testing::ElementsAre;
using Records = std::vector<std::vector<Value>>;

Value T(const char* text) { return Value(std::string(text)); }
Value I(int64_t integer) { return Value(integer); }

TEST(ColumnTypesTest, ColumnsOfNumbersInATextFileAreNumbers) {
  const Records records = {{T("1"), T("1"), T("x"), T("-3")}, {T("22"), T("0.5"), T("2"), T("")}};
  EXPECT_THAT(InferTypes(records, 4, false), ElementsAre("INTEGER", "REAL", "TEXT", "INTEGER"));
}

TEST(ColumnTypesTest, CodesWithLeadingZerosStayText) {
  EXPECT_THAT(InferTypes({{T("007"), T("0"), T("0.25")}}, 3, false),
              ElementsAre("TEXT", "INTEGER", "REAL"));
}

TEST(ColumnTypesTest, WhatOnlyLooksLikeANumberIsText) {
  for (const char* text :
       {"+5", "1e", "0x10", "nan", "inf", " 5", "99999999999999999999999999999999x"}) {
    EXPECT_THAT(InferTypes({{T(text)}}, 1, false), ElementsAre("TEXT")) << text;
  }
}

TEST(ColumnTypesTest, AColumnWithoutAnyValueIsText) {
  EXPECT_THAT(InferTypes({{Value()}, {T("")}}, 1, false), ElementsAre("TEXT"));
  EXPECT_THAT(InferTypes({}, 1, false), ElementsAre("TEXT"));
}

TEST(ColumnTypesTest, TypedValuesKeepTheirTypes) {
  EXPECT_THAT(InferTypes({{T("5"), I(5), Value(0.5)}, {Value(), Value(), I(1)}}, 3, true),
              ElementsAre("TEXT", "INTEGER", "REAL"));
}

TEST(ColumnTypesTest, ValuesAreConvertedOrRefused) {
  EXPECT_EQ(ConvertTo("INTEGER", T("42")), I(42));
  EXPECT_EQ(ConvertTo("INTEGER", T("")), Value());
  EXPECT_EQ(ConvertTo("INTEGER", T("4.5")), std::nullopt);
  EXPECT_EQ(ConvertTo("INTEGER", Value(4.5)), std::nullopt);
  EXPECT_EQ(ConvertTo("REAL", T("4.5")), Value(4.5));
  EXPECT_EQ(ConvertTo("REAL", I(4)), Value(4.0));
  EXPECT_EQ(ConvertTo("REAL", T("many")), std::nullopt);
  EXPECT_EQ(ConvertTo("TEXT", I(4)), T("4"));
  EXPECT_EQ(ConvertTo("TEXT", Value(0.1)), T("0.1"));
  EXPECT_EQ(ConvertTo("TEXT", T("")), T(""));
  EXPECT_EQ(ConvertTo("TEXT", Value()), Value());
}

}  // namespace
}  // namespace semblance::cli
