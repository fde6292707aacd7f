import Foundation
import Testing

@testable import FERCore

@Suite struct ActivationKernelTests {
  static let functions: [ActivationFunction] = [
    .linear, .relu, .leakyReLU(slope: 0.2), .leakyReLU(slope: 0), .elu(alpha: 1), .elu(alpha: 0.5),
    .elu(alpha: 0), .sigmoid, .tanh, .swish, .selu, .softplus, .softsign, .exponential,
    .hardSigmoid(slope: 0.2), .hardSigmoid(slope: 1.0 / 6), .hardSiLU, .relu6,
    .gelu(isApproximate: false), .gelu(isApproximate: true), .mish,
    // A file may say so; then the output's sign is not the input's.
    .leakyReLU(slope: -0.1), .elu(alpha: -0.5),
  ]
  /// The range where eˣ is a normal Float, and closely around zero.
  static let range: [Float] =
    (-8730...8830).map { Float($0) / 100 } + (-2000...2000).map { Float($0) / 10000 }

  /// The claim in `exponential`'s comment: relative error below 2e-7.
  @Test func exponentialIsAsExactAsClaimed() {
    for x in Self.range {
      let found = Double(Lanes(repeating: x).exponential()[0])
      let expected = exp(Double(x))
      #expect(abs(found - expected) <= 2e-7 * expected, "exp(\(x)) = \(found), not \(expected)")
    }
  }

  /// The claim in `exponentialMinusOne`'s comment: relative error below 1.5e-7, however near zero.
  @Test func exponentialMinusOne() {
    let tiny: [Float] = [1e-3, 1e-6, 3e-8, 1e-8, 1e-20, .leastNormalMagnitude]
    for x in Self.range + tiny + tiny.map({ -$0 }) {
      let found = Double(Lanes(repeating: x).exponentialMinusOne()[0])
      let expected = expm1(Double(x))
      #expect(abs(found - expected) <= 1.5e-7 * abs(expected), "expm1(\(x)) = \(found)")
    }
    let function = { (x: Float) in Lanes(repeating: x).exponentialMinusOne()[0] }
    #expect(function(.nan).isNaN)
    #expect(function(-.infinity) == -1)
    #expect(function(0) == 0)
    #expect(function(-.leastNonzeroMagnitude) == -.leastNonzeroMagnitude)
    #expect(function(.infinity) > 2.2e38)
  }

  /// Near zero no digit is lost, and the gradient is that of the side x lies on: constants of SELU rounded to Float, one
  /// exponential, a product.
  @Test(arguments: [ActivationFunction.elu(alpha: 1), .elu(alpha: 0.5), .selu])
  func nearZero(function: ActivationFunction) {
    let magnitudes: [Float] = [1e-30, 1e-12, 2e-8, 3e-8, 1e-7, 1e-6, 1e-4, 1e-2, 0.3, 1]
    let x = magnitudes.map { -$0 } + magnitudes
    let shape: Shape = [x.count]
    let (y, dx) = (GuardedFloats(x), GuardedFloats(x.map { _ in 1 }))
    let pool = WorkerPool(threads: 1)
    Kernels.activate(
      function, TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: y.base, shape: shape), pool: pool)
    let expected = x.map { Reference.activate(function, Double($0)) }
    expectClose(y.elements, expected, within: expected.map { 5e-7 * abs($0) }, "\(function)")
    Kernels.activationGradient(
      function, TensorView(base: dx.base, shape: shape),
      reference: TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: dx.base, shape: shape), pool: pool)
    let slopes = x.map { Reference.derivative(function, Double($0)) }
    expectClose(dx.elements, slopes, within: slopes.map { 1e-6 * $0 }, "\(function) gradient")
  }

  @Test func exponentialOfSpecials() {
    let exponential = { (x: Float) in Lanes(repeating: x).exponential()[0] }
    #expect(exponential(.nan).isNaN)
    #expect(exponential(-.infinity) == 0)
    #expect(exponential(-88) == 0)
    #expect(exponential(0) == 1)
    #expect(exponential(-0.0) == 1)
    #expect(exponential(.leastNonzeroMagnitude) == 1)
    for large in [88.3, 100, .greatestFiniteMagnitude, .infinity] as [Float] {
      #expect(exponential(large) > 2.2e38)
    }
  }

  /// One rounding of eˣ, a sum and a quotient. Below -87.3 the result saturates near 4.5e-39.
  @Test func sigmoid() {
    for x in Self.range {
      let found = Double(Lanes(repeating: x).sigmoid()[0])
      let expected = 1 / (1 + exp(-Double(x)))
      #expect(abs(found - expected) <= 4e-7 * expected + 1e-38, "sigmoid(\(x)) = \(found)")
    }
    let sigmoid = { (x: Float) in Lanes(repeating: x).sigmoid()[0] }
    #expect(sigmoid(.nan).isNaN)
    #expect(sigmoid(.infinity) == 1)
    #expect(sigmoid(-.infinity) < 1e-38)
    #expect(sigmoid(0) == 0.5)
  }

  /// Worst just above 0.1, where 1 - e⁻²ˣ keeps a fifth of e's digits.
  @Test func hyperbolicTangent() {
    for x in Self.range {
      let found = Double(Lanes(repeating: x).hyperbolicTangent()[0])
      let expected = tanh(Double(x))
      #expect(abs(found - expected) <= 1.2e-6 * abs(expected), "tanh(\(x)) = \(found)")
    }
    let tangent = { (x: Float) in Lanes(repeating: x).hyperbolicTangent()[0] }
    #expect(tangent(.nan).isNaN)
    #expect(tangent(.infinity) == 1)
    #expect(tangent(-.infinity) == -1)
    #expect(tangent(0) == 0)
  }

  /// Around the eight lanes; in place and not. Elementwise functions to 1.2e-6 of the larger of one and the result.
  @Test(arguments: functions, [1, 7, 8, 9, 33]) func valuesAndGradients(
    function: ActivationFunction, count: Int
  ) {
    var random = SeededRandom(seed: 60)
    let pool = WorkerPool(threads: 2)
    let x = random.normals(count).map { $0 * 3 }
    let dy = random.normals(count)
    let expected = Reference.activate(function, x.doubles, columns: count)
    let gradient = zip(x, dy).map { Reference.derivative(function, Double($0)) * Double($1) }
    let shape: Shape = [count]
    for inPlace in [false, true] {
      let source = GuardedFloats(x)
      let target = inPlace ? source : GuardedFloats(count: count)
      Kernels.activate(
        function, TensorView(base: source.base, shape: shape),
        into: MutableTensorView(base: target.base, shape: shape), pool: pool)
      expectClose(
        target.elements, expected, within: expected.map { 1.2e-6 * max(1, abs($0)) },
        "\(function)")
      let reference = function.derivativeReadsInput ? GuardedFloats(x) : target
      let from = GuardedFloats(dy)
      let into = inPlace ? from : GuardedFloats(count: count)
      Kernels.activationGradient(
        function, TensorView(base: from.base, shape: shape),
        reference: TensorView(base: reference.base, shape: shape),
        into: MutableTensorView(base: into.base, shape: shape), pool: pool)
      expectClose(
        into.elements, gradient,
        within: zip(dy, gradient).map { 4e-6 * max(Double(abs($0)), abs($1)) },
        "\(function) gradient")
      #expect(target.isIntact && into.isIntact)
    }
  }

  @Test(arguments: functions) func notANumberIsSeen(function: ActivationFunction) {
    for count in [1, 8, 11] {
      let x = GuardedFloats(Array(repeating: .nan, count: count))
      Kernels.activate(
        function, TensorView(base: x.base, shape: [count]),
        into: MutableTensorView(base: x.base, shape: [count]), pool: WorkerPool(threads: 1))
      #expect(x.elements.allSatisfy { $0.isNaN })
    }
  }

  @Test(arguments: [1, 2, 7, 8, 9, 100]) func logSoftmax(columns: Int) {
    var random = SeededRandom(seed: 62)
    let rows = 70
    let x = random.normals(rows * columns).enumerated().map {
      $1 * 5 + Float($0 / columns - 35) * 100
    }
    let dy = random.normals(rows * columns)
    let shape: Shape = [rows, columns]
    let (y, dx) = (GuardedFloats(x), GuardedFloats(dy))
    let pool = WorkerPool(threads: 2)
    Kernels.activate(
      .logSoftmax, TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: y.base, shape: shape), pool: pool)
    let shares = Reference.activate(.softmax, x.doubles, columns: columns)
    let expected = shares.map { log($0) }
    expectClose(y.elements, expected, within: x.map { 4e-7 * Double(abs($0)) + 1e-6 }, "values")
    Kernels.activationGradient(
      .logSoftmax, TensorView(base: dx.base, shape: shape),
      reference: TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: dx.base, shape: shape), pool: pool)
    let gradient = dy.indices.map { place -> Double in
      let row = place / columns * columns
      let sum = Array(dy[row..<row + columns]).doubles.reduce(0, +)
      return Double(dy[place]) - shares[place] * sum
    }
    expectClose(
      dx.elements, gradient, within: gradient.map { _ in 1e-4 * Double(columns).squareRoot() },
      "gradient")
    #expect(y.isIntact && dx.isIntact)
  }

  @Test(arguments: [1, 2, 7, 8, 9, 100]) func softmax(columns: Int) {
    var random = SeededRandom(seed: 61)
    let rows = 130
    // Rows far apart, so that only a row's own maximum keeps it in range.
    let x = random.normals(rows * columns).enumerated().map {
      $1 * 5 + Float($0 / columns - 65) * 1000
    }
    let shape: Shape = [rows, columns]
    let y = GuardedFloats(x)
    Kernels.activate(
      .softmax, TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: y.base, shape: shape), pool: WorkerPool(threads: 2))
    let expected = Reference.activate(.softmax, x.doubles, columns: columns)
    let tolerance = 5e-7 + gamma(columns)
    expectClose(
      y.elements, expected, within: expected.map { tolerance * $0 + 1e-37 }, "\(columns) columns")
    let dy = random.normals(rows * columns)
    let dx = GuardedFloats(dy)
    Kernels.activationGradient(
      .softmax, TensorView(base: dx.base, shape: shape),
      reference: TensorView(base: y.base, shape: shape),
      into: MutableTensorView(base: dx.base, shape: shape), pool: WorkerPool(threads: 2))
    for row in 0..<rows {
      let p = Array(y.elements[row * columns..<(row + 1) * columns]).doubles
      let g = Array(dy[row * columns..<(row + 1) * columns]).doubles
      let mean = zip(p, g).reduce(0) { $0 + $1.0 * $1.1 }
      expectClose(
        Array(dx.elements[row * columns..<(row + 1) * columns]),
        zip(p, g).map { $0 * ($1 - mean) }, within: p.map { $0 * gamma(columns + 4) * 5 + 1e-37 })
    }
    #expect(y.isIntact && dx.isIntact)
  }

  @Test func namesAreKeras() {
    for name in ["linear", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "swish", "softmax"] {
      #expect(ActivationFunction(name: name)?.name == name)
    }
    #expect(ActivationFunction(name: "silu") == .swish)
    #expect(ActivationFunction(name: "ReLU") == nil)
  }
}
