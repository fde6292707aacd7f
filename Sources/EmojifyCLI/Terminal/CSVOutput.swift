/// Results for spreadsheets: one table with a header on stdout, in the form of RFC 4180 with plain line feeds.
enum CSVOutput {
  static func text(header: [String], rows: [[String]]) -> String {
    ([header] + rows).map(line).joined(separator: "\n")
  }

  static func write(header: [String], rows: [[String]]) {
    print(text(header: header, rows: rows))
  }

  /// One row without its line feed, for tables written as their rows come.
  static func line(_ fields: [String]) -> String { fields.map(field).joined(separator: ",") }

  /// In quotes only where the text would otherwise end its field.
  private static func field(_ text: String) -> String {
    let needsQuotes = text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return needsQuotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
  }
}
