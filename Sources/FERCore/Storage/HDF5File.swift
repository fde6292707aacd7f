import CHDF5
import Foundation

/// One open HDF5 file. Objects are named by path from the root: `model_weights/conv2d_1/conv2d_1/kernel:0`; "." is the
/// root group.
///
/// Nothing the file declares is believed: a dataset larger than its file, one in another file, or one above 2 GiB is
/// an error before anything is allocated. Errors are `EmojifyError`: `.missingInput` where the file cannot be opened,
/// `.badData` where it is not what it should be, `.internalFault` where libhdf5 or the disk fails.
///
/// libhdf5 is not thread-safe, so all calls of the process take one lock; a file itself may move between threads.
public struct HDF5File: ~Copyable, Sendable {
  public enum Kind: Sendable { case group, dataset, other }
  /// How floats are kept in the file; reading converts from any number type.
  public enum FloatWidth: Sendable { case float16, float32 }

  public struct Link: Sendable, Equatable {
    public let name: String
    public let kind: Kind
  }

  /// The version of the libhdf5 this process runs with, such as `1.10.8`.
  public static var libraryVersion: String {
    var (major, minor, release) = (UInt32(0), UInt32(0), UInt32(0))
    HDF5Library.lock.withLock { chdf5_version(&major, &minor, &release) }
    return "\(major).\(minor).\(release)"
  }

  /// The file as errors name it.
  public let name: String
  private let handle: HDF5Handle

  /// Opens an existing file for reading.
  /// - Parameter alias: what errors call it, where it is not known by its path.
  public init(reading url: URL, as alias: String? = nil) throws {
    name = alias ?? url.relativePath
    if let complaint = ForeignFile.unreadable(url) {
      throw EmojifyError.missingInput("\(name): \(complaint)")
    }
    var id: chdf5_file = -1
    let (status, reason) = HDF5Library.call { chdf5_open(url.path, &id, &$0) }
    switch status {
    case chdf5_ok: handle = HDF5Handle(id: id)
    case chdf5_foreign:
      throw EmojifyError.badData("\(name): not an HDF5 file: \(ForeignFile.beginning(of: url))")
    case chdf5_bad_data:
      throw EmojifyError.badData("\(name): damaged or truncated HDF5 file: \(reason)")
    default: throw EmojifyError.missingInput("\(name): \(reason)")
    }
  }

  /// Replaces `url` by a file that `body` fills, atomically: after a throw the old file is as it was.
  public static func write<Result>(
    to url: URL, _ body: (borrowing HDF5File) throws -> Result
  ) throws -> Result {
    try AtomicFile.replace(url) { temporary in
      let file = try HDF5File(creating: temporary, name: url.relativePath)
      let result = try body(file)
      try file.close()
      return result
    }
  }

  private init(creating url: URL, name: String) throws {
    self.name = name
    var id: chdf5_file = -1
    let (status, reason) = HDF5Library.call { chdf5_create(url.path, &id, &$0) }
    guard status == chdf5_ok else { throw EmojifyError.missingInput("\(name): \(reason)") }
    handle = HDF5Handle(id: id)
  }

  /// Closes a written file and tells whether everything reached it.
  private consuming func close() throws {
    let (status, reason) = handle.close()
    guard status == chdf5_ok else { throw EmojifyError.internalFault("\(name): \(reason)") }
  }

  // MARK: Objects

  /// The links of a group: in the order they were made where the file keeps it, else by name.
  public func links(in group: String = ".") throws -> [Link] {
    var found: [Link] = []
    try call(group) { reason in
      withUnsafeMutablePointer(to: &found) {
        chdf5_links(
          handle.id, group,
          { name, kind, context in
            guard let name, let context else { return }
            context.assumingMemoryBound(to: [Link].self).pointee.append(
              Link(name: String(cString: name), kind: Kind(kind)))
          }, $0, &reason)
      }
    }
    return found
  }

  /// The kind of the object at `path`, or nil where there is none.
  public func kind(of path: String) throws -> Kind? {
    var kind = chdf5_other_kind
    let found = try callIfPresent(path) { chdf5_find(handle.id, path, &kind, &$0) }
    return found ? Kind(kind) : nil
  }

  /// Makes a group and those above it; one that is there is left as it is.
  public func makeGroup(_ path: String) throws {
    try call(path) { chdf5_make_group(handle.id, path, &$0) }
  }

  // MARK: Datasets

  /// The shape a dataset declares, without reading it.
  public func shape(of path: String) throws -> Shape {
    var extent = chdf5_extent()
    try call(path) { chdf5_dataset_extent(handle.id, path, &extent, &$0) }
    return Shape(extent.dimensionList)
  }

  /// A dataset of any number type as Float32.
  public func readFloats(_ path: String) throws -> Tensor {
    var tensor = Tensor(try shape(of: path))
    let view = tensor.mutableView
    try call(path) {
      chdf5_dataset_read(handle.id, path, chdf5_float32, view.base, UInt64(view.shape.count), &$0)
    }
    return tensor
  }

  /// A dataset of any number type as integers (fractions cut off), row-major.
  public func readIntegers(_ path: String) throws -> [Int64] {
    try read(path, as: chdf5_int64, zero: 0)
  }

  /// A dataset of any number type as bytes (values beyond 0-255 saturate), row-major.
  public func readBytes(_ path: String) throws -> [UInt8] {
    try read(path, as: chdf5_uint8, zero: 0)
  }

  /// Writes floats as a new dataset, making the groups above it.
  public func write(_ values: TensorView, to path: String, as width: FloatWidth = .float32) throws {
    let disk = width == .float16 ? chdf5_float16 : chdf5_float32
    try write(values.base, values.shape, to: path, memory: chdf5_float32, disk: disk)
  }

  public func write(_ tensor: Tensor, to path: String, as width: FloatWidth = .float32) throws {
    try withExtendedLifetime(tensor) { try write(tensor.view, to: path, as: width) }
  }

  public func write(_ values: [Int64], shape: Shape, to path: String) throws {
    precondition(values.count == shape.count, "\(values.count) elements for \(shape)")
    try write(values, shape, to: path, memory: chdf5_int64, disk: chdf5_int64)
  }

  public func write(_ values: [Int32], shape: Shape, to path: String) throws {
    precondition(values.count == shape.count, "\(values.count) elements for \(shape)")
    try write(values, shape, to: path, memory: chdf5_int32, disk: chdf5_int32)
  }

  public func write(_ values: [UInt8], shape: Shape, to path: String) throws {
    precondition(values.count == shape.count, "\(values.count) elements for \(shape)")
    try write(values, shape, to: path, memory: chdf5_uint8, disk: chdf5_uint8)
  }

  private func read<Element>(
    _ path: String, as type: chdf5_type, zero: Element
  ) throws -> [Element] {
    var values = [Element](repeating: zero, count: try shape(of: path).count)
    try call(path) { reason in
      values.withUnsafeMutableBytes {
        chdf5_dataset_read(
          handle.id, path, type, $0.baseAddress,
          UInt64($0.count / MemoryLayout<Element>.stride), &reason)
      }
    }
    return values
  }

  private func write(
    _ data: UnsafeRawPointer, _ shape: Shape, to path: String, memory: chdf5_type,
    disk: chdf5_type
  ) throws {
    let dimensions = shape.dimensions.map(UInt64.init)
    try call(path) {
      chdf5_dataset_write(
        handle.id, path, memory, disk, Int32(dimensions.count), dimensions, data, &$0)
    }
  }

  // MARK: Attributes

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

  // MARK: Calls

  private typealias Body = (inout chdf5_reason) -> chdf5_status

  private func call(_ object: String, _ attribute: String? = nil, _ body: Body) throws {
    guard try callIfPresent(object, attribute, body) else {
      throw EmojifyError.badData("\(name): \(Self.place(object, attribute)) is not in the file")
    }
  }

  /// False where the object or attribute is absent.
  private func callIfPresent(
    _ object: String, _ attribute: String? = nil, _ body: Body
  ) throws -> Bool {
    guard !object.utf8.contains(0) else { return false }  // no C string, so no such object
    let (status, reason) = HDF5Library.call(body)
    switch status {
    case chdf5_ok: return true
    case chdf5_absent: return false
    case chdf5_bad_data:
      throw EmojifyError.badData("\(name): \(Self.place(object, attribute)): \(reason)")
    default:
      throw EmojifyError.internalFault("\(name): \(Self.place(object, attribute)): \(reason)")
    }
  }

  private static func place(_ object: String, _ attribute: String?) -> String {
    guard let attribute else { return "'\(object)'" }
    return object == "." ? "attribute '\(attribute)'" : "attribute '\(attribute)' of '\(object)'"
  }
}

/// The C handle: closed once, by `close` or at the end of its life.
struct HDF5Handle: ~Copyable, Sendable {
  let id: chdf5_file

  consuming func close() -> (chdf5_status, String) {
    let id = id
    discard self
    return HDF5Library.call { chdf5_close(id, &$0) }
  }

  deinit {
    let id = id
    _ = HDF5Library.call { chdf5_close(id, &$0) }
  }
}

private enum HDF5Library {
  static let lock = NSLock()

  /// One call at a time; a status with its reason.
  static func call(_ body: (inout chdf5_reason) -> chdf5_status) -> (chdf5_status, String) {
    lock.withLock {
      var reason = chdf5_reason()
      let status = body(&reason)
      let text = withUnsafeBytes(of: &reason.text) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      return (status, text)
    }
  }
}

extension HDF5File.Kind {
  fileprivate init(_ kind: chdf5_kind) {
    switch kind {
    case chdf5_group: self = .group
    case chdf5_dataset: self = .dataset
    default: self = .other
    }
  }
}

extension chdf5_extent {
  fileprivate var dimensionList: [Int] {
    var copy = dimensions
    return withUnsafeBytes(of: &copy) {
      $0.bindMemory(to: UInt64.self).prefix(Int(rank)).map(Int.init)
    }
  }
}
