import CHDF5

/// Attributes of groups and datasets.
extension HDF5File {
  /// A scalar string attribute of any storage, or nil where the object has none of that name.
  public func string(_ attribute: String, of object: String = ".") throws -> String? {
    guard let strings = try unchunkedStrings(attribute, of: object) else { return nil }
    guard strings.count == 1 else {
      throw EmojifyError.badData(
        "\(name): attribute '\(attribute)' of '\(object)' holds \(strings.count) strings, expected 1"
      )
    }
    return strings[0]
  }

  /// A string-array attribute of any storage, or nil where there is none. One that Keras cut in pieces
  /// (`layer_names0`, `layer_names1` …) because object headers end at 64 KB is put together again.
  public func strings(_ attribute: String, of object: String = ".") throws -> [String]? {
    if let whole = try unchunkedStrings(attribute, of: object) { return whole }
    var joined: [String]?
    var chunk = 0
    while let piece = try unchunkedStrings("\(attribute)\(chunk)", of: object) {
      joined = (joined ?? []) + piece
      chunk += 1
    }
    return joined
  }

  /// A numeric attribute as Double, row-major (a scalar is one number), or nil where there is none.
  public func numbers(_ attribute: String, of object: String = ".") throws -> [Double]? {
    try readAttribute(attribute, of: object, as: chdf5_float64, zero: 0)
  }

  /// A numeric attribute as integers (fractions cut off), or nil where there is none.
  public func integers(_ attribute: String, of object: String = ".") throws -> [Int64]? {
    try readAttribute(attribute, of: object, as: chdf5_int64, zero: 0)
  }

  /// Writes a scalar variable-length UTF-8 string of any length, as h5py writes a Python string.
  public func setString(_ value: String, _ attribute: String, of object: String = ".") throws {
    guard !value.utf8.contains(0) else {
      throw EmojifyError.internalFault("\(name): attribute '\(attribute)' would hold a zero byte")
    }
    try call(object, attribute) {
      chdf5_attribute_write_text(handle.id, object, attribute, value, &$0)
    }
  }

  /// Writes an array of null-padded strings as h5py writes numpy's 'S', cut in pieces the way Keras does where it is
  /// larger than an object header; an empty array as Keras writes one: float64 of shape (0).
  public func setStrings(_ values: [String], _ attribute: String, of object: String = ".") throws {
    guard !values.isEmpty else { return try setNumbers([], attribute, of: object) }
    let width = max(1, values.map(\.utf8.count).max() ?? 1)
    guard width <= Self.objectHeaderLimit else {
      throw EmojifyError.badData(
        "\(name): attribute '\(attribute)' has a string of \(width) bytes, "
          + "HDF5 takes \(Self.objectHeaderLimit)")
    }
    let pieces = Self.pieces(of: values, width: width)
    for (index, piece) in pieces.enumerated() {
      let chunkName = pieces.count == 1 ? attribute : "\(attribute)\(index)"
      var bytes: [CChar] = []
      bytes.reserveCapacity(width * piece.count)
      for string in piece {
        bytes += string.utf8.map { CChar(bitPattern: $0) }
        bytes += repeatElement(0, count: width - string.utf8.count)
      }
      let isUnicode: Int32 = bytes.contains { $0 < 0 } ? 1 : 0
      try call(object, attribute) {
        chdf5_attribute_write_strings(
          handle.id, object, chunkName, bytes, UInt64(width), UInt64(piece.count), isUnicode, &$0)
      }
    }
  }

  /// Writes a one-dimensional float64 attribute.
  public func setNumbers(_ values: [Double], _ attribute: String, of object: String = ".") throws {
    let dimensions = [UInt64(values.count)]
    try call(object, attribute) {
      chdf5_attribute_write(
        handle.id, object, attribute, chdf5_float64, 1, dimensions, values, &$0)
    }
  }

  /// Writes a scalar float64 attribute.
  public func setNumber(_ value: Double, _ attribute: String, of object: String = ".") throws {
    var value = value
    try call(object, attribute) {
      chdf5_attribute_write(handle.id, object, attribute, chdf5_float64, 0, nil, &value, &$0)
    }
  }

  /// Writes a scalar int64 attribute.
  public func setInteger(_ value: Int64, _ attribute: String, of object: String = ".") throws {
    var value = value
    try call(object, attribute) {
      chdf5_attribute_write(handle.id, object, attribute, chdf5_int64, 0, nil, &value, &$0)
    }
  }

  /// What Keras leaves of HDF5's 64 KB object header (`HDF5_OBJECT_HEADER_LIMIT` in its source).
  static let objectHeaderLimit = 64512

  /// The fewest nearly equal pieces that each fit an object header, as `numpy.array_split` cuts them.
  static func pieces(of values: [String], width: Int) -> [ArraySlice<String>] {
    var count = 1
    while (values.count + count - 1) / count * width > objectHeaderLimit { count += 1 }
    var start = 0
    return (0..<count).map { index in
      let size = values.count / count + (index < values.count % count ? 1 : 0)
      defer { start += size }
      return values[start..<start + size]
    }
  }

  private func unchunkedStrings(_ attribute: String, of object: String) throws -> [String]? {
    var found: [String] = []
    let isThere = try callIfPresent(object, attribute) { reason in
      withUnsafeMutablePointer(to: &found) {
        chdf5_attribute_strings(
          handle.id, object, attribute,
          { bytes, length, context in
            guard let bytes, let context else { return }
            let string = UnsafeRawBufferPointer(start: bytes, count: length)
            context.assumingMemoryBound(to: [String].self).pointee.append(
              String(decoding: string, as: UTF8.self))
          }, $0, &reason)
      }
    }
    return isThere ? found : nil
  }

  private func readAttribute<Element>(
    _ attribute: String, of object: String, as type: chdf5_type, zero: Element
  ) throws -> [Element]? {
    var extent = chdf5_extent()
    let isThere = try callIfPresent(object, attribute) {
      chdf5_attribute_extent(handle.id, object, attribute, &extent, &$0)
    }
    guard isThere else { return nil }
    var values = [Element](repeating: zero, count: Int(extent.count))
    try call(object, attribute) { reason in
      values.withUnsafeMutableBytes {
        chdf5_attribute_read(
          handle.id, object, attribute, type, $0.baseAddress, extent.count, &reason)
      }
    }
    return values
  }
}
