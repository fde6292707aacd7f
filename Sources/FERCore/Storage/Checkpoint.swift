import Foundation

/// The whole state of a run between two steps, in an HDF5 file of its own: what a run needs to go on as if it had never
/// stopped. What the arrays and numbers mean is the writer's business; here they only keep their bits.
///
///     attributes  emojify_checkpoint (the format's version) · parameters ("conv2d/kernel [3, 3, 1, 32]", …)
///     arrays/     float32, one dimension each
///     numbers/    int64: the bits of float64
///     counters/   int64
///
/// Empty lists are left out: what is missing is empty.
public struct Checkpoint {
  /// Layer, name and shape of the network's parameters in order, so that another network's checkpoint is told. Those of
  /// runs begun before layers were named have name and shape alone.
  public var parameters: [String]
  /// Borrowed when writing: nothing is copied.
  public var arrays: [String: FloatBuffer] = [:]
  public var numbers: [String: [Double]] = [:]
  public var counters: [String: [Int]] = [:]

  static let version: Int64 = 1

  public init(parameters: [String]) { self.parameters = parameters }

  /// How a checkpoint names the parameters of a network.
  public static func parameters(of network: Network) -> [String] {
    var layers: [ObjectIdentifier: String] = [:]
    for node in network.nodes {
      for parameter in node.layer?.parameters ?? [] {
        layers[ObjectIdentifier(parameter)] = node.name
      }
    }
    return network.parameters.map {
      "\(layers[ObjectIdentifier($0)] ?? "")/\($0.name) \($0.shape)"
    }
  }

  /// Where this checkpoint has each parameter of `network`: its place in the order of `parameters`. Nil where they are another
  /// network's. A file's layers may be in another order than those of the network it was written from.
  func places(ofParametersIn network: Network) -> [Int]? {
    let wanted = Self.parameters(of: network)
    if parameters == wanted || parameters == network.parameters.map({ "\($0.name) \($0.shape)" }) {
      return Array(wanted.indices)
    }
    let places = Dictionary(
      zip(parameters, parameters.indices), uniquingKeysWith: { first, _ in first })
    let found = wanted.compactMap { places[$0] }
    let isPermutation = found.count == parameters.count && Set(found).count == parameters.count
    // What an optimizer remembers is of those that learn alone, which come first.
    let learned = network.parameters.count(where: \.isTrainable)
    let learnedComeFirst = found.prefix(learned).allSatisfy { $0 < learned }
    return isPermutation && learnedComeFirst && wanted.count == found.count ? found : nil
  }

  /// Replaces `url`, atomically.
  public func write(to url: URL) throws {
    try HDF5File.write(to: url) { file in
      try file.setInteger(Self.version, "emojify_checkpoint")
      try file.setStrings(parameters, "parameters")
      for (name, buffer) in arrays.sorted(by: { $0.key < $1.key }) {
        try file.write(
          TensorView(base: buffer.base, shape: [buffer.count]), to: "arrays/\(name)")
      }
      for (name, values) in numbers.sorted(by: { $0.key < $1.key }) where !values.isEmpty {
        // Bits, because HDF5 promises a float64's value, not that of a NaN or of -0.
        let bits = values.map { Int64(bitPattern: $0.bitPattern) }
        try file.write(bits, shape: [bits.count], to: "numbers/\(name)")
      }
      for (name, values) in counters.sorted(by: { $0.key < $1.key }) where !values.isEmpty {
        try file.write(values.map(Int64.init), shape: [values.count], to: "counters/\(name)")
      }
    }
  }

  /// Whether `url` is a checkpoint of any format; false for what cannot be read.
  public static func isAt(_ url: URL) -> Bool {
    do {
      return try HDF5File(reading: url).integers("emojify_checkpoint") != nil
    } catch {
      return false
    }
  }

  /// Reads a checkpoint.
  /// - Throws: `EmojifyError` naming the file; `.badData` where it is no checkpoint or one of another format.
  public init(reading url: URL) throws {
    let file = try HDF5File(reading: url)
    guard let version = try file.integers("emojify_checkpoint")?.first else {
      throw EmojifyError.badData("\(file.name): is not a checkpoint of a training run")
    }
    guard version == Self.version else {
      throw EmojifyError.badData(
        "\(file.name): checkpoint format \(version), this emojify reads \(Self.version)")
    }
    parameters = try file.strings("parameters") ?? []
    for link in try file.links(in: "arrays") {
      let tensor = try file.readFloats("arrays/\(link.name)")
      let buffer = FloatBuffer(count: tensor.shape.count)
      withExtendedLifetime(tensor) {
        buffer.base.update(from: tensor.view.base, count: tensor.shape.count)
      }
      arrays[link.name] = buffer
    }
    for link in try file.links(in: "numbers") {
      numbers[link.name] = try file.readIntegers("numbers/\(link.name)").map {
        Double(bitPattern: UInt64(bitPattern: $0))
      }
    }
    for link in try file.links(in: "counters") {
      counters[link.name] = try file.readIntegers("counters/\(link.name)").map(Int.init)
    }
    try checkComplete(file.name)
  }

  /// The array of that name.
  /// - Throws: `EmojifyError.badData` unless it is there and has `count` elements.
  public func array(_ name: String, count: Int, in file: String) throws -> FloatBuffer {
    guard let array = arrays[name] else {
      throw EmojifyError.badData("\(file): 'arrays/\(name)' is not in the checkpoint")
    }
    guard array.count == count else {
      throw EmojifyError.badData(
        "\(file): 'arrays/\(name)' has \(array.count) elements, the run expects \(count)")
    }
    return array
  }

  private func checkComplete(_ name: String) throws {
    guard !parameters.isEmpty, !arrays.isEmpty else {
      throw EmojifyError.badData("\(name): the checkpoint holds no parameters")
    }
  }
}
