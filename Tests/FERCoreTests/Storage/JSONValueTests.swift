import FERCore
import Testing

@Suite struct JSONValueTests {
  /// Seeds have 64 bits, a Double 53.
  @Test(arguments: [
    "0", "-3", "9007199254740993", "20260718093012345", "9223372036854775808",
    "18446744073709551615",
    "1.5", "-1e-300",
  ])
  func numbersAreWrittenAsTheyWereRead(text: String) throws {
    let value = try JSONValue(parsing: "{\"a\":[\(text)]}")
    let written = try value.text()
    #expect(try JSONValue(parsing: written) == value)
    if !text.contains(".") && !text.contains("e") { #expect(written == "{\"a\":[\(text)]}") }
    let number = try #require(value["a"]?.arrayValue?.first)
    #expect(number.doubleValue == Double(text))
  }

  @Test func wholeNumbersAreIntegersWhereTheyFit() throws {
    #expect(try JSONValue(parsing: "9007199254740993").intValue == 9_007_199_254_740_993)
    #expect(try JSONValue(parsing: "18446744073709551615").intValue == nil)
    #expect(try JSONValue(parsing: "7").intValue == 7)
  }
}
