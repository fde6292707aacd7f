/// The values an option accepts, and how to say so in one phrase.
struct Bounds<Value> {
  let phrase: String
  let contains: (Value) -> Bool
}

extension Bounds where Value: Comparable & ArgumentValue {
  static func atLeast(_ low: Value) -> Bounds {
    Bounds(phrase: "\(shown(low)) or more") { $0 >= low }
  }

  static func above(_ low: Value) -> Bounds {
    Bounds(phrase: "more than \(shown(low))") { $0 > low }
  }

  static func between(_ low: Value, _ high: Value) -> Bounds {
    Bounds(phrase: "\(shown(low)) to \(shown(high))") { $0 >= low && $0 <= high }
  }

  /// From `low` up to, and without, `high`.
  static func from(_ low: Value, below high: Value) -> Bounds {
    Bounds(phrase: "\(shown(low)) or more and less than \(shown(high))") { $0 >= low && $0 < high }
  }

  private static func shown(_ value: Value) -> String {
    value.argument ?? ""
  }
}

extension Bounds where Value == Int {
  /// How many threads a command may be told to use.
  static var threads: Bounds { .between(1, 256) }
}

extension Bounds {
  /// The same bounds for a value that may be absent.
  var orAbsent: Bounds<Value?> {
    Bounds<Value?>(phrase: phrase) { $0.map(contains) ?? true }
  }
}
