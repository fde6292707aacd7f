import Foundation

@testable import FERCore

/// What the kernels should compute, in Double, by the plainest loops there are. Arrays are row-major, images NHWC.
enum Reference {
  /// `a [m, k] · b [k, n]`.
  static func matmul(_ a: [Double], _ b: [Double], m: Int, n: Int, k: Int) -> [Double] {
    precondition(a.count == m * k && b.count == k * n)
    var c = Array(repeating: 0.0, count: m * n)
    for row in 0..<m {
      for step in 0..<k {
        let factor = a[row * k + step]
        for column in 0..<n { c[row * n + column] += factor * b[step * n + column] }
      }
    }
    return c
  }

  static func transpose(_ a: [Double], rows: Int, columns: Int) -> [Double] {
    (0..<columns).flatMap { column in (0..<rows).map { a[$0 * columns + column] } }
  }

  /// `x [rows, columns] + bias` in each row.
  static func addRow(_ x: [Double], _ bias: [Double]) -> [Double] {
    x.enumerated().map { $1 + bias[$0 % bias.count] }
  }

  static func columnSums(_ x: [Double], columns: Int) -> [Double] {
    var sums = Array(repeating: 0.0, count: columns)
    for (index, value) in x.enumerated() { sums[index % columns] += value }
    return sums
  }

  /// `f(x)`; softmax over rows of `columns`.
  static func activate(_ function: ActivationFunction, _ x: [Double], columns: Int) -> [Double] {
    guard function == .softmax else { return x.map { activate(function, $0) } }
    return stride(from: 0, to: x.count, by: columns).flatMap { start -> [Double] in
      let row = x[start..<start + columns]
      let largest = row.max() ?? 0
      let powers = row.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }

  static func activate(_ function: ActivationFunction, _ x: Double) -> Double {
    switch function {
    case .linear: x
    case .relu: x > 0 ? x : 0
    case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
    case .elu(let alpha): x > 0 ? x : Double(alpha) * expm1(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .tanh: tanh(x)
    case .swish: x / (1 + exp(-x))
    case .selu: 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x))
    case .softplus: x > 30 ? x : log1p(exp(x))
    case .softsign: x / (1 + abs(x))
    case .exponential: exp(x)
    case .hardSigmoid(let slope): min(1, max(0, Double(slope) * x + 0.5))
    case .hardSiLU: x * min(1, max(0, x / 6 + 0.5))
    case .relu6: min(6, max(0, x))
    case .gelu(false): x * erfc(-x / 2.squareRoot()) / 2
    case .gelu(true): x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .mish: x * tanh(log1p(exp(x)))
    case .softmax, .logSoftmax: preconditionFailure("\(function) is not elementwise")
    }
  }

  /// The derivative at x of an elementwise function, in closed form.
  static func derivative(_ function: ActivationFunction, _ x: Double) -> Double {
    let sigmoid = 1 / (1 + exp(-x))
    switch function {
    case .linear: return 1
    case .relu: return x > 0 ? 1 : 0
    case .leakyReLU(let slope): return x > 0 ? 1 : Double(slope)
    case .elu(let alpha): return x > 0 ? 1 : Double(alpha) * exp(x)
    case .sigmoid: return sigmoid * (1 - sigmoid)
    case .tanh: return 1 - tanh(x) * tanh(x)
    case .swish: return sigmoid * (1 + x * (1 - sigmoid))
    case .relu6: return x > 0 && x < 6 ? 1 : 0
    case .hardSigmoid(let slope): return abs(Double(slope) * x) < 0.5 ? Double(slope) : 0
    case .hardSiLU: return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5
    case .selu: return 1.0507009873554805 * (x > 0 ? 1 : 1.6732632423543772 * exp(x))
    case .softplus, .softsign, .exponential, .gelu, .mish:
      // A central difference of fourth order: its error is below 1e-10 at this step.
      let h = 1e-3
      let f = { activate(function, x + $0 * h) }
      return (8 * (f(1) - f(-1)) - (f(2) - f(-2))) / (12 * h)
    case .softmax, .logSoftmax: preconditionFailure("\(function) is not elementwise")
    }
  }
}
