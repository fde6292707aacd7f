@testable import FERCore

/// A network grown by chance: image layers that keep one shape, taking any earlier node, then rows, then a class layer.
/// Nodes end up with several consumers, views of views, joins and layers in place in every order.
enum RandomGraph {
  static func network(seed: UInt64) throws -> Network {
    var random = SeededRandom(seed: seed, 0x6A)
    let channels = random.element(of: [3, 8])
    let shape: Shape = [3 + random.integer(below: 3), 3 + random.integer(below: 3), channels]
    var builder = NetworkBuilder(name: "random", inputShape: shape)
    var nodes = [builder.input]
    var unused: Set = [0]
    func take(_ random: inout SeededRandom) -> NetworkBuilder.Handle {
      // The latest node more often, so that chains grow.
      let index =
        random.integer(below: 2) == 0 ? nodes.count - 1 : random.integer(below: nodes.count)
      unused.remove(index)
      return nodes[index]
    }
    // Sometimes nothing learns near the input, so gradients are not wanted everywhere.
    for _ in 0..<random.integer(below: 3) {
      nodes.append(try builder.add(plainLayer(&random), to: take(&random)))
      unused.insert(nodes.count - 1)
    }
    for _ in 0..<4 + random.integer(below: 8) {
      let made: NetworkBuilder.Handle
      if random.integer(below: 4) == 0 {
        let inputs = (0..<2 + random.integer(below: 2)).map { _ in take(&random) }
        made = try builder.add(Add(), to: inputs)
      } else {
        made = try builder.add(
          imageLayer(channels, &random), to: take(&random))
      }
      nodes.append(made)
      unused.insert(nodes.count - 1)
    }
    let pools = random.integer(below: 2) == 0
    var rows = try unused.sorted().map { index in
      var x = nodes[index]
      if pools { x = try builder.add(MaxPooling2D(), to: x) }
      if pools, random.integer(below: 3) == 0 { x = try builder.add(Activation(.relu), to: x) }
      return try builder.add(Flatten(), to: x)
    }
    for _ in 0..<random.integer(below: 5) {
      let place = random.integer(below: rows.count)
      let layer = random.integer(below: 4) == 0 ? Flatten() : plainLayer(&random)
      let made = try builder.add(layer, to: rows[place])
      if random.integer(below: 3) == 0 { rows.append(made) } else { rows[place] = made }
    }
    // What was read again above may stay in the list: it then has two readers.
    var x = rows.count == 1 ? rows[0] : try builder.add(Add(), to: rows)
    x = try builder.add(plainLayer(&random), to: x)
    x = try builder.add(Dense(units: 5), to: x)
    if random.integer(below: 2) == 0 { x = try builder.add(Activation(.softmax), to: x) }
    return try builder.build(output: x, seed: seed)
  }

  /// A layer of no parameters for any shape.
  private static func plainLayer(_ random: inout SeededRandom) -> Layer {
    switch random.integer(below: 7) {
    case 0: Rescaling(scale: 0.8, offset: 0.1)
    case 1: Dropout(rate: 0.3)
    case 2: Activation(.tanh)
    case 3: Activation(.swish)
    case 4: Activation(.linear)
    case 5: Activation(.leakyReLU(slope: 0.1))
    default: Activation(.relu)
    }
  }

  private static func imageLayer(_ channels: Int, _ random: inout SeededRandom) -> Layer {
    let activation = random.element(of: [.linear, .relu, .swish, .linear] as [ActivationFunction])
    return switch random.integer(below: 10) {
    case 0: MaxPooling2D(poolSize: (3, 3), strides: (1, 1), padding: .same)
    case 1: AveragePooling2D(poolSize: (2, 2), strides: (1, 1), padding: .same)
    case 2, 3:
      Conv2D(filters: channels, kernelSize: 3, padding: .same, activation: activation)
    case 4: Conv2D(filters: channels, kernelSize: 1, activation: activation)
    case 5, 6: BatchNormalization()
    default: plainLayer(&random)
    }
  }
}
