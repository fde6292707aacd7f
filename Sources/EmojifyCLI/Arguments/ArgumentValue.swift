import Foundation

/// A type that one word of the command line can be read as.
protocol ArgumentValue {
  /// Nil if `argument` does not say a value of this type.
  init?(argument: String)
  /// What a wrong word is answered with: "expected \(expectation)".
  static var expectation: String { get }
  /// The value as the user would type it; nil if there is nothing to show as a default.
  var argument: String? { get }
  /// Every word there is, where they can be listed: help and completions show them.
  static var choices: [String] { get }
  /// Several may stand with commas between them.
  static var isList: Bool { get }
}

extension ArgumentValue {
  static var choices: [String] { [] }
  static var isList: Bool { false }
}

extension ArgumentValue where Self: LosslessStringConvertible {
  init?(argument: String) { self.init(argument) }
  var argument: String? { description }
}

extension String: ArgumentValue {
  static var expectation: String { "text" }
  var argument: String? { isEmpty ? nil : self }
}

extension Int: ArgumentValue {
  static var expectation: String { "a whole number" }
}

extension UInt64: ArgumentValue {
  static var expectation: String { "a whole number, 0 or more" }
}

extension Double: ArgumentValue {
  init?(argument: String) {
    guard let value = Double(argument), value.isFinite else { return nil }
    self = value
  }
  static var expectation: String { "a number" }
  var argument: String? { description.withoutZeroFraction }
}

extension Float: ArgumentValue {
  init?(argument: String) {
    guard let value = Float(argument), value.isFinite else { return nil }
    self = value
  }
  static var expectation: String { "a number" }
  var argument: String? { description.withoutZeroFraction }
}

extension String {
  /// `10` for `10.0`.
  fileprivate var withoutZeroFraction: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}

extension Bool: ArgumentValue {
  init?(argument: String) {
    switch argument {
    case "yes", "true", "on", "1": self = true
    case "no", "false", "off", "0": self = false
    default: return nil
    }
  }
  static var expectation: String { "yes or no" }
  var argument: String? { self ? "yes" : "no" }
  static var choices: [String] { ["yes", "no"] }
}

extension Optional: ArgumentValue where Wrapped: ArgumentValue {
  init?(argument: String) {
    guard let value = Wrapped(argument: argument) else { return nil }
    self = .some(value)
  }
  static var expectation: String { Wrapped.expectation }
  var argument: String? { flatMap(\.argument) }
  static var choices: [String] { Wrapped.choices }
  static var isList: Bool { Wrapped.isList }
}

/// Lists are written with commas, and blanks around them where somebody likes: `angry, happy, sad`.
extension Array: ArgumentValue where Element: ArgumentValue {
  init?(argument: String) {
    self.init()
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let element = Element(argument: word.trimmingCharacters(in: .whitespaces)) else {
        return nil
      }
      append(element)
    }
  }
  static var expectation: String { "\(Element.expectation), or several with commas" }
  var argument: String? { isEmpty ? nil : compactMap(\.argument).joined(separator: ",") }
  static var choices: [String] { Element.choices }
  static var isList: Bool { true }
}

/// An enum of words: `enum Schedule: String, ArgumentChoice { case constant, step }`.
protocol ArgumentChoice: ArgumentValue, CaseIterable, RawRepresentable where RawValue == String {}

extension ArgumentChoice {
  init?(argument: String) { self.init(rawValue: argument) }
  static var expectation: String { "one of " + choices.joined(separator: ", ") }
  var argument: String? { rawValue }
  static var choices: [String] { allCases.map(\.rawValue) }
}
