import Foundation

/// The activation functions that published networks use seldom; `Kernels.activate` hands them on.
extension Kernels {
  // Klambauer et al. 2017.
  private static let seluScale: Float = 1.050_700_99
  private static let seluAlpha: Float = 1.673_263_24
  /// √(2 / π) and the cube's share of Hendrycks & Gimpel 2016, §2.
  private static let geluFactor: Float = 0.797_884_56
  private static let geluCube: Float = 0.044_715

  /// `y = f(x)`, element by element, or by rows of the last axis for log-softmax. y may be x.
  static func furtherActivate(
    _ function: ActivationFunction, _ x: TensorView, into y: MutableTensorView, pool: WorkerPool
  ) {
    let one = Lanes(repeating: 1)
    switch function {
    case .selu:
      let (scale, low) = (Lanes(repeating: seluScale), Lanes(repeating: seluScale * seluAlpha))
      map(x, into: y, pool: pool) {
        ($0 * scale).replacing(with: low * $0.exponentialMinusOne(), where: $0 .< Lanes.zero)
      }
    case .softplus:
      map(x, into: y, pool: pool) { $0.softplus() }
    case .softsign:
      map(x, into: y, pool: pool) { $0 / (one + $0.magnitudes()) }
    case .exponential:
      map(x, into: y, pool: pool) { $0.exponential() }
    case .hardSigmoid(let slope):
      let slope = Lanes(repeating: slope)
      map(x, into: y, pool: pool) { $0.hardSigmoid(slope) }
    case .hardSiLU:
      let slope = Lanes(repeating: 1.0 / 6)
      map(x, into: y, pool: pool) { $0 * $0.hardSigmoid(slope) }
    case .relu6:
      let six = Lanes(repeating: 6)
      map(x, into: y, pool: pool) { $0.atLeast(.zero).atMost(six) }
    case .gelu(let isApproximate):
      let half = Lanes(repeating: 0.5)
      map(x, into: y, pool: pool) {
        half * $0 * (one + (isApproximate ? geluAngle($0).hyperbolicTangent() : $0.errorFunction()))
      }
    case .mish:
      map(x, into: y, pool: pool) { $0 * $0.tangentOfSoftplus() }
    case .logSoftmax:
      logSoftmax(x, into: y, pool: pool)
    case .linear, .relu, .leakyReLU, .elu, .sigmoid, .tanh, .swish, .softmax:
      preconditionFailure("\(function) is computed by activate")
    }
  }

  /// `dx = dy · f'`, as `Kernels.activationGradient` has it.
  static func furtherGradient(
    _ function: ActivationFunction, _ dy: TensorView, reference: TensorView,
    into dx: MutableTensorView, pool: WorkerPool
  ) {
    let one = Lanes(repeating: 1)
    switch function {
    case .selu:
      let (scale, low) = (Lanes(repeating: seluScale), Lanes(repeating: seluScale * seluAlpha))
      map(dy, reference, into: dx, pool: pool) {
        $0 * scale.replacing(with: $1 + low, where: $1 .< Lanes.zero)
      }
    case .softplus:
      map(dy, reference, into: dx, pool: pool) { $0 * $1.sigmoid() }
    case .softsign:
      map(dy, reference, into: dx, pool: pool) {
        let rest = one - $1.magnitudes()
        return $0 * rest * rest
      }
    case .exponential:
      map(dy, reference, into: dx, pool: pool) { $0 * $1 }
    case .hardSigmoid(let slope):
      let slope = Lanes(repeating: slope)
      map(dy, reference, into: dx, pool: pool) {
        ($0 * slope).replacing(with: 0, where: ($1 .<= Lanes.zero) .| ($1 .>= one))
      }
    case .hardSiLU:
      let three = Lanes(repeating: 3)
      map(dy, reference, into: dx, pool: pool) {
        let slope = ((three + $1 + $1) * Lanes(repeating: 1.0 / 6))
          .replacing(with: 0, where: $1 .<= -three).replacing(with: 1, where: $1 .>= three)
        return $0 * slope
      }
    case .relu6:
      let six = Lanes(repeating: 6)
      map(dy, reference, into: dx, pool: pool) {
        $0.replacing(with: 0, where: ($1 .<= Lanes.zero) .| ($1 .>= six))
      }
    case .gelu(let isApproximate):
      map(dy, reference, into: dx, pool: pool) {
        $0 * (isApproximate ? approximateGELUSlope($1) : geluSlope($1))
      }
    case .mish:
      map(dy, reference, into: dx, pool: pool) {
        let t = $1.tangentOfSoftplus()
        return $0 * (t + $1 * $1.sigmoid() * (one - t * t))
      }
    case .logSoftmax:
      logSoftmaxGradient(dy, output: reference, into: dx, pool: pool)
    case .linear, .relu, .leakyReLU, .elu, .sigmoid, .tanh, .swish, .softmax:
      preconditionFailure("\(function) is computed by activationGradient")
    }
  }

  @inline(__always)
  private static func geluAngle(_ x: Lanes) -> Lanes {
    Lanes(repeating: geluFactor) * (x + Lanes(repeating: geluCube) * x * x * x)
  }

  /// Φ(x) + x φ(x), with the normal distribution's two functions.
  @inline(__always)
  private static func geluSlope(_ x: Lanes) -> Lanes {
    let half = Lanes(repeating: 0.5)
    let density = (x * x * -half).exponential() * Lanes(repeating: 0.398_942_28)  // 1 / √(2π)
    return half * (Lanes(repeating: 1) + x.errorFunction()) + x * density
  }

  @inline(__always)
  private static func approximateGELUSlope(_ x: Lanes) -> Lanes {
    let (half, one) = (Lanes(repeating: 0.5), Lanes(repeating: 1))
    let t = geluAngle(x).hyperbolicTangent()
    let angleSlope =
      Lanes(repeating: geluFactor) * (one + Lanes(repeating: 3 * geluCube) * x * x)
    return half * (one + t) + half * x * (one - t * t) * angleSlope
  }

  /// `y = x - log Σ eˣ` of each row of the last axis, with the row's maximum taken out first.
  private static func logSoftmax(
    _ x: TensorView, into y: MutableTensorView, pool: WorkerPool
  ) {
    let columns = x.shape.last
    pool.run(over: x.shape.count / max(columns, 1), grain: 64) { rows in
      for row in rows {
        let (source, target) = (x.base + row * columns, y.base + row * columns)
        var largest = -Float.infinity
        for j in 0..<columns where source[j] > largest { largest = source[j] }
        var sum: Float = 0
        for j in 0..<columns { sum += Lanes(repeating: source[j] - largest).exponential()[0] }
        // In this order: the maximum may be so large that it would swallow the logarithm.
        let shift = log(sum)
        for j in 0..<columns { target[j] = source[j] - largest - shift }
      }
    }
  }

  /// `dxᵢ = dyᵢ - eʸᵢ Σⱼ dyⱼ` in each row. dx may be dy.
  private static func logSoftmaxGradient(
    _ dy: TensorView, output y: TensorView, into dx: MutableTensorView, pool: WorkerPool
  ) {
    let columns = y.shape.last
    pool.run(over: y.shape.count / max(columns, 1), grain: 64) { rows in
      for row in rows {
        let offset = row * columns
        var sum: Float = 0
        for j in offset..<offset + columns { sum += dy.base[j] }
        for j in offset..<offset + columns {
          dx.base[j] = dy.base[j] - Lanes(repeating: y.base[j]).exponential()[0] * sum
        }
      }
    }
  }
}

extension SIMD8<Float> {
  @inline(__always)
  fileprivate func magnitudes() -> Self { replacing(with: -self, where: self .< 0) }

  /// `slope · x + ½` between 0 and 1.
  @inline(__always)
  fileprivate func hardSigmoid(_ slope: Self) -> Self {
    (self * slope + Self(repeating: 0.5)).atLeast(.zero).atMost(Self(repeating: 1))
  }

  /// `log(1 + eˣ)`; the exponential is of the negative magnitude, which cannot overflow.
  fileprivate func softplus() -> Self {
    let rest = (-magnitudes()).exponential()
    var result = atLeast(.zero)
    for lane in 0..<8 { result[lane] += log1p(rest[lane]) }
    return result
  }

  /// `erf(x / √2)`.
  fileprivate func errorFunction() -> Self {
    var result = self
    for lane in 0..<8 { result[lane] = erf(self[lane] * 0.707_106_78) }
    return result
  }

  /// `tanh(log(1 + eˣ))`, which with n = eˣ is n (n + 2) / (n (n + 2) + 2); beyond 20 it is 1.
  @inline(__always)
  fileprivate func tangentOfSoftplus() -> Self {
    let n = atMost(Self(repeating: 20)).exponential()
    let two = Self(repeating: 2)
    let product = n * (n + two)
    return product / (product + two)
  }
}
