/// How a file keeps a layer's arrays where the network keeps them otherwise.
struct StoredOrder: Equatable {
  /// Axis i of the network's array is axis `axes[i]` of the file's; nil where they agree. Arrays of another rank are not
  /// meant.
  var axes: [Int]?
  /// Theano's convolutions run over their kernels backwards: rows and columns are the other way round.
  var isFlipped = false

  /// Kernels as Keras 1 kept them under Theano's dimension ordering: `[filters, channels, rows, columns]`.
  static let filtersFirst = StoredOrder(axes: [2, 3, 1, 0])
  /// An array over `[channels, rows, columns]`.
  static let channelsFirst = StoredOrder(axes: [1, 2, 0])

  private func permutation(for parameter: Parameter) -> [Int]? {
    axes.flatMap { $0.count == parameter.shape.rank ? $0 : nil }
  }

  /// The shape the file has for a parameter.
  func storedShape(of parameter: Parameter) -> Shape {
    guard let axes = permutation(for: parameter) else { return parameter.shape }
    var dimensions = parameter.shape.dimensions
    for (own, stored) in axes.enumerated() { dimensions[stored] = parameter.shape[own] }
    return Shape(dimensions)
  }

  /// The file's array as the network has it.
  func arranged(_ stored: Tensor, for parameter: Parameter) -> Tensor {
    guard permutation(for: parameter) != nil || isFlipped else { return stored }
    var elements = stored.elements
    if let axes = permutation(for: parameter) {
      let sources = Rearrangement(permuting: stored.shape, axes: axes).sources
      elements = sources.map { elements[Int($0)] }
    }
    if isFlipped, parameter.shape.rank == 4 {
      // [rows, columns, …]: both reversed is the pixels reversed.
      let pixels = parameter.shape[0] * parameter.shape[1]
      let size = elements.count / max(pixels, 1)
      elements = (0..<pixels).reversed().flatMap { elements[$0 * size..<($0 + 1) * size] }
    }
    return Tensor(parameter.shape, elements)
  }
}
