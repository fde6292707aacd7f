import Foundation

/// Any JSON value: for files whose keys belong to somebody else, such as a Keras configuration.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case number(Double)
  /// A whole number that is no Double, such as a seed of more than 53 bits.
  case whole(UInt64)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  public init(parsing text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  /// The number that `value` shows when printed: 0.2 and not the 0.20000000298… a Float holds.
  public init(_ value: Float) { self = .number(Double(value.description) ?? Double(value)) }

  /// JSON in one line, keys sorted, so that the same value is the same text.
  /// - Throws: `EmojifyError.internalFault` where a number is not finite, which JSON cannot say.
  public func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw EmojifyError.internalFault("a number that is not finite cannot be written as JSON")
    }
  }

  public subscript(key: String) -> JSONValue? { objectValue?[key] }

  public var isNull: Bool { self == .null }
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var doubleValue: Double? {
    switch self {
    case .number(let value): value
    case .whole(let value): Double(value)
    default: nil
    }
  }
  public var intValue: Int? {
    if case .whole(let value) = self {
      Int(exactly: value)
    } else {
      doubleValue.flatMap { Int(exactly: $0) }
    }
  }
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
  public var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  public var objectValue: [String: JSONValue]? {
    if case .object(let value) = self { value } else { nil }
  }

  /// At most 60 characters of the value, for a message.
  var excerpt: String {
    let whole = (try? text()) ?? "a number that is not finite"
    return whole.count <= 60 ? whole : whole.prefix(60) + "…"
  }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      let whole = try? container.decode(UInt64.self)
      self = whole.flatMap { UInt64(exactly: value) == $0 ? nil : .whole($0) } ?? .number(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .number(let value):
      if let whole = Int(exactly: value) {
        try container.encode(whole)
      } else if let whole = UInt64(exactly: value) {
        try container.encode(whole)
      } else {
        try container.encode(value)
      }
    case .whole(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}
