/// Which Keras wrote a file: some words have changed their meaning.
struct KerasOrigin: Equatable {
  /// 1, 2 or 3.
  var version = 2
  /// The convolutions of Theano run over their kernels backwards.
  var isTheano = false

  init(version: Int = 2, isTheano: Bool = false) {
    self.version = version
    self.isTheano = isTheano
  }

  /// The number before the first point of a version.
  static func major(_ version: String) -> Int? { Int(version.prefix { $0 != "." }) }

  init(_ file: borrowing HDF5File) throws {
    var place = "."
    if try file.string("keras_version") == nil, try file.kind(of: "model_weights") == .group {
      place = "model_weights"
    }
    let text = try file.string("keras_version", of: place)
    // The first releases of Keras 1 did not write it.
    version = text.map { Self.major($0) ?? 2 } ?? 1
    // The tree of `.weights.h5` says nothing and is Keras 3's.
    if text == nil, try file.strings("layer_names") == nil,
      try file.kind(of: "model_weights") == nil
    {
      version = 3
    }
    if let backend = try file.string("backend", of: place) {
      isTheano = backend == "theano"
    } else if version <= 1 {
      // Keras 1 does not name its backend, but calls kernels ..._W with Theano and ..._W:0 with TensorFlow. The first layer
      // with weights need not have a kernel.
      let root = try file.kind(of: "model_weights") == .group ? "model_weights" : "."
      let layers = try file.strings("layer_names", of: root) ?? []
      for layer in layers {
        let object = root == "." ? layer : "\(root)/\(layer)"
        let names = try file.strings("weight_names", of: object) ?? []
        guard let kernel = names.first(where: { $0.hasSuffix("_W") || $0.hasSuffix("_W:0") })
        else { continue }
        isTheano = kernel.hasSuffix("_W")
        break
      }
    }
  }
}

extension KerasOrigin {
  /// How a file of this origin keeps the arrays of a layer of that class.
  func order(for className: String, _ order: StoredOrder = StoredOrder()) -> StoredOrder {
    var order = order
    order.isFlipped = isTheano && className == "Conv2D"
    return order
  }
}

/// Theano's `same`: half a kernel of zeros before an image, where TensorFlow has half of what is missing. They differ where
/// a kernel is even or moves by more than one.
enum TheanoPadding {
  /// How many rows (or columns) of zeros stand before and behind; below zero, how many are cut off.
  static func sides(extent: Int, kernel: Int, stride: Int) -> (before: Int, behind: Int) {
    let outputs = (extent + stride - 1) / stride
    let before = kernel / 2
    return (before, (outputs - 1) * stride + kernel - extent - before)
  }
}
