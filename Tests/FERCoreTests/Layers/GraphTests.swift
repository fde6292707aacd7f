import Testing

@testable import FERCore

/// Graphs that are no chains: joins, branches, views of views.
@Suite struct GraphTests {
  static let graphs: [LayerCase] = [
    LayerCase("residual block", [5, 6, 8]) { builder, x in
      var y = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: x)
      y = try builder.add(BatchNormalization(), to: y)
      y = try builder.add(Add(), to: y, x)
      return try builder.add(Activation(.relu), to: y)
    },
    LayerCase("residual block, shortcut first", [5, 6, 8]) { builder, x in
      let y = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: x)
      let sum = try builder.add(Add(), to: x, y)
      return try builder.add(Activation(.relu), to: sum)
    },
    LayerCase("two residual blocks, a ReLU with two readers", [5, 6, 8]) { builder, x in
      var x = try builder.add(Conv2D(filters: 8, kernelSize: 1), to: x)
      x = try builder.add(Activation(.relu), to: x)
      for _ in 0..<2 {
        var y = try builder.add(
          Conv2D(filters: 8, kernelSize: 3, padding: .same, usesBias: false), to: x)
        y = try builder.add(BatchNormalization(), to: y)
        y = try builder.add(Activation(.relu), to: y)
        y = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: y)
        x = try builder.add(Activation(.relu), to: try builder.add(Add(), to: y, x))
      }
      return try builder.add(GlobalAveragePooling2D(), to: x)
    },
    LayerCase("x + x", [3, 4, 5]) { builder, x in try builder.add(Add(), to: x, x) },
    LayerCase("x + y + x", [3, 4, 5]) { builder, x in
      let y = try builder.add(Activation(.tanh), to: x)
      return try builder.add(Add(), to: [x, y, x])
    },
    LayerCase("three consumers", [4, 4, 8]) { builder, x in
      let x = try builder.add(BatchNormalization(), to: x)
      let a = try builder.add(Activation(.sigmoid), to: x)
      let b = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: x)
      let c = try builder.add(Rescaling(scale: 0.5, offset: 1), to: x)
      return try builder.add(Activation(.relu), to: try builder.add(Add(), to: [a, b, c]))
    },
    LayerCase("a linear convolution with a ReLU and another reader", [4, 4, 8]) { builder, x in
      let x = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: x)
      let a = try builder.add(Activation(.relu), to: x)
      return try builder.add(Add(), to: a, x)
    },
    LayerCase("flatten, then in place, beside another reader", [3, 3, 8]) { builder, x in
      let x = try builder.add(Conv2D(filters: 8, kernelSize: 3, padding: .same), to: x)
      var flat = try builder.add(Flatten(), to: x)
      flat = try builder.add(Rescaling(scale: -2), to: flat)
      flat = try builder.add(Activation(.tanh), to: flat)
      flat = try builder.add(Dropout(rate: 0.3), to: flat)
      let other = try builder.add(Flatten(), to: x)
      return try builder.add(Dense(units: 4), to: try builder.add(Add(), to: flat, other))
    },
    LayerCase("flatten of flatten with two readers", [3, 3, 2]) { builder, x in
      var x = try builder.add(Dropout(rate: 0.2), to: x)
      x = try builder.add(Flatten(), to: x)
      let a = try builder.add(Activation(.elu(alpha: 1)), to: try builder.add(Flatten(), to: x))
      let b = try builder.add(Activation(.sigmoid), to: try builder.add(Flatten(), to: x))
      return try builder.add(Add(), to: a, b)
    },
    LayerCase("tanh read by two in place", [7]) { builder, x in
      let x = try builder.add(Activation(.tanh), to: x)
      let a = try builder.add(Rescaling(scale: 3), to: x)
      let b = try builder.add(Dropout(rate: 0.3), to: a)
      return try builder.add(Add(), to: b, x)
    },
    LayerCase("softmax inside and at the end", [9]) { builder, x in
      var x = try builder.add(Dense(units: 6, activation: .softmax), to: x)
      x = try builder.add(Dropout(rate: 0.2), to: x)
      x = try builder.add(Dense(units: 5), to: x)
      return try builder.add(Activation(.softmax), to: x)
    },
    LayerCase("softmax of a dense layer at the end", [9]) { builder, x in
      try builder.add(Dense(units: 6, activation: .softmax), to: x)
    },
  ]

  @Test(arguments: graphs) func matchesTheReference(graph: LayerCase) throws {
    var check = GradientCheck(try graph.network())
    check.outputTolerance = 2e-5
    check.gradientTolerance = 2e-4
    check.run()
  }
}
