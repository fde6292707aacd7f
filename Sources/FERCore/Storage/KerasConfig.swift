/// The configuration of one layer as a Keras file has it, read with errors that name the place.
struct KerasConfig {
  /// The file, for messages.
  let file: String
  /// The layer's name, its place among the model's layers (from 0) and its class.
  let layer: String
  let position: Int
  private(set) var className: String
  /// Per-sample shapes of what the layer takes.
  private(set) var inputs: [Shape]
  private(set) var values: [String: JSONValue]
  /// Which Keras' words these are: 1, 2 or 3.
  let version: Int

  init(
    file: String, layer: String, position: Int, className: String, inputs: [Shape],
    values: [String: JSONValue], version: Int = 2
  ) {
    self.file = file
    self.layer = layer
    self.position = position
    self.className = className
    self.inputs = inputs
    self.values = values
    self.version = version
  }

  /// The same layer said otherwise.
  func replacing(
    className: String? = nil, inputs: [Shape]? = nil, values: [String: JSONValue]? = nil
  ) -> KerasConfig {
    var copy = self
    copy.className = className ?? self.className
    copy.inputs = inputs ?? self.inputs
    copy.values = values ?? self.values
    return copy
  }

  /// `model.h5: layer 3 'conv2d_1' (Conv2D): …`
  func error(_ what: String) -> EmojifyError {
    .badData("\(file): layer \(position) '\(layer)' (\(className)): \(what)")
  }

  private func wrong(_ key: String, _ value: JSONValue, _ expected: String) -> EmojifyError {
    error("'\(key)' is \(value.excerpt), expected \(expected)")
  }

  /// The value, or nil where the key is absent or null.
  subscript(key: String) -> JSONValue? {
    guard let value = values[key], !value.isNull else { return nil }
    return value
  }

  func bool(_ key: String, default fallback: Bool) throws -> Bool {
    guard let value = self[key] else { return fallback }
    guard let flag = value.boolValue else { throw wrong(key, value, "true or false") }
    return flag
  }

  func float(_ key: String, default fallback: Float? = nil) throws -> Float {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw error("'\(key)' is missing")
    }
    guard let number = value.doubleValue, Float(number).isFinite else {
      throw wrong(key, value, "a number")
    }
    return Float(number)
  }

  func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws -> Int {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw error("'\(key)' is missing")
    }
    guard let number = value.intValue, range.contains(number) else {
      throw wrong(key, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Rows and columns: a pair, or one number for both.
  func pair(
    _ key: String, in range: ClosedRange<Int>, default fallback: (Int, Int)? = nil
  ) throws -> (Int, Int) {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw error("'\(key)' is missing")
    }
    let numbers = (value.arrayValue ?? [value, value]).compactMap(\.intValue)
    guard numbers.count == 2, numbers.allSatisfy(range.contains) else {
      throw wrong(
        key, value, "a pair of whole numbers from \(range.lowerBound) to \(range.upperBound)")
    }
    return (numbers[0], numbers[1])
  }

  func string(_ key: String, default fallback: String? = nil) throws -> String {
    guard let value = self[key] else {
      if let fallback { return fallback }
      throw error("'\(key)' is missing")
    }
    guard let text = value.stringValue else { throw wrong(key, value, "a string") }
    return text
  }

  /// One of the names of `choices`.
  func choice<Choice>(
    _ key: String, default fallback: String, of choices: [String: Choice]
  ) throws -> Choice {
    let name = try string(key, default: fallback)
    guard let choice = choices[name] else {
      throw wrong(key, .string(name), "one of \(choices.keys.sorted().joined(separator: ", "))")
    }
    return choice
  }

  /// Holds a setting that is not implemented to the value that switches it off.
  func requires(_ key: String, _ accepted: JSONValue...) throws {
    guard let value = self[key], !accepted.contains(value) else { return }
    let list = accepted.map(\.excerpt).joined(separator: " or ")
    throw wrong(key, value, "\(list): nothing else is supported")
  }
}
