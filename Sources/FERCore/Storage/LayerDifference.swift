extension KerasFormat {
  /// In which settings two layers of one class differ, as Keras calls them: `filters 32 → 64`. How weights were drawn is
  /// no difference.
  public static func differences(_ a: any Layer, _ b: any Layer) throws -> [String] {
    let (classA, x) = try KerasLayers.encode(a, name: "")
    let (classB, y) = try KerasLayers.encode(b, name: "")
    guard classA == classB else { return ["class \(classA) → \(classB)"] }
    var changes: [String] = Set(x.keys).union(y.keys).sorted().compactMap { key -> String? in
      let values = (x[key] ?? .null, y[key] ?? .null)
      guard values.0 != values.1, !key.hasSuffix("_initializer") else { return nil }
      return "\(key) \(values.0.excerpt) → \(values.1.excerpt)"
    }
    // Those of Keras 2 and 3 have one name.
    if case .hardSigmoid(let slope)? = KerasLayers.function(of: a),
      case .hardSigmoid(let other)? = KerasLayers.function(of: b), slope != other
    {
      changes.append("slope of hard_sigmoid \(slope) → \(other)")
    }
    return changes
  }
}
