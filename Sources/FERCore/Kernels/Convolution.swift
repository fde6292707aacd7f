/// How a convolution is computed.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// Multiply-adds in the order of the kernel. Error of an output at most `(depth + 1) · 2⁻²⁴` of Σ|x · w|, depth being kernel
  /// height · kernel width · input channels and the bias a term; of gradients as `DirectConvolution` says.
  case direct
  /// F(2 x 2, 3 x 3): 4 multiplications for an output instead of 9. Error up to 2e-6 of the output's scale.
  case winograd2x2 = "winograd-2x2"
  /// F(4 x 4, 3 x 3): 2.25 multiplications for an output. Error up to 2e-5 of the output's scale.
  case winograd4x4 = "winograd-4x4"
  /// F(6 x 6, 3 x 3): 1.78 multiplications for an output. Error up to 4e-5 of the output's scale.
  case winograd6x6 = "winograd-6x6"

  /// Whether it can compute this convolution.
  func accepts(_ g: ConvolutionGeometry) -> Bool {
    self == .direct
      || g.kernelHeight == 3 && g.kernelWidth == 3 && g.strideHeight == 1 && g.strideWidth == 1
  }

  /// The one expected to be fastest. A layer's is the same for every batch size, so that one image is answered as many are.
  ///
  /// - Parameter training: may take the largest tiles too. An answer does without: they round a little more, and their
  ///   weights, nearly twice those of F(4 x 4), are much to read for one image.
  static func fastest(for g: ConvolutionGeometry, training: Bool) -> ConvolutionAlgorithm {
    var g = g
    g.batch = 64
    // With fewer channels the transforms cost more than the products they save.
    guard winograd4x4.accepts(g), g.inputChannels >= 8, g.outputChannels >= 8 else {
      return .direct
    }
    let two = WinogradTiling(g, WinogradF2.self, pooled: false).total * WinogradF2.elements
    let four = WinogradTiling(g, WinogradF4.self, pooled: false).total * WinogradF4.elements
    let six = WinogradTiling(g, WinogradF6.self, pooled: false).total * WinogradF6.elements
    if training, six < min(two, four) { return .winograd6x6 }
    // On maps of a few pixels the larger tile is mostly border.
    return two <= four ? .winograd2x2 : .winograd4x4
  }
}

/// The passes of one convolution by one algorithm.
struct Convolution {
  let g: ConvolutionGeometry
  let algorithm: ConvolutionAlgorithm
  let threads: Int
  /// The output is stored 2 x 2 max pooled, and its gradient is the pooled one with the winners' places.
  let isPooled: Bool

  /// - Parameters:
  ///   - algorithm: nil for the fastest; one that does not accept the geometry becomes direct.
  ///   - training: what `fastest` may choose.
  init(
    _ g: ConvolutionGeometry, algorithm: ConvolutionAlgorithm? = nil, training: Bool = false,
    threads: Int, isPooled: Bool = false
  ) {
    let algorithm = algorithm ?? .fastest(for: g, training: training)
    self.g = g
    self.algorithm = algorithm.accepts(g) ? algorithm : .direct
    self.threads = threads
    self.isPooled = isPooled
    precondition(!isPooled || self.algorithm != .direct, "direct convolution does not pool")
  }

  /// Floats of the prepared kernel.
  var kernelCount: Int {
    switch algorithm {
    case .direct: DirectConvolution.kernelCount(g)
    case .winograd2x2: forward(WinogradF2.self).kernelCount
    case .winograd4x4: forward(WinogradF4.self).kernelCount
    case .winograd6x6: forward(WinogradF6.self).kernelCount
    }
  }

  /// Floats of scratch that `convolve` takes.
  var workspaceCount: Int {
    switch algorithm {
    case .direct: DirectConvolution.workspaceCount(g, threads: threads)
    case .winograd2x2: forward(WinogradF2.self).workspaceCount
    case .winograd4x4: forward(WinogradF4.self).workspaceCount
    case .winograd6x6: forward(WinogradF6.self).workspaceCount
    }
  }

  /// Floats of scratch that `weightGradient` and `inputGradient` take.
  var gradientWorkspaceCount: Int {
    switch algorithm {
    case .direct: DirectConvolution.gradientWorkspaceCount(g, threads: threads)
    case .winograd2x2: gradientWorkspaceCount(WinogradF2.self)
    case .winograd4x4: gradientWorkspaceCount(WinogradF4.self)
    case .winograd6x6: gradientWorkspaceCount(WinogradF6.self)
    }
  }

  /// Brings weights `[kernelHeight, kernelWidth, in, out]` into the form `convolve` reads.
  func prepare(
    _ weights: UnsafePointer<Float>, into kernel: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    switch algorithm {
    case .direct: DirectConvolution.packKernel(weights, g, into: kernel, pool: pool)
    case .winograd2x2:
      forward(WinogradF2.self).transformKernel(
        weights, transposed: false, into: kernel, pool: pool)
    case .winograd4x4:
      forward(WinogradF4.self).transformKernel(
        weights, transposed: false, into: kernel, pool: pool)
    case .winograd6x6:
      forward(WinogradF6.self).transformKernel(
        weights, transposed: false, into: kernel, pool: pool)
    }
  }

  /// `y = x ∗ w (+ bias) (then ReLU) (then pooled)`, overwritten. Reference: `Reference.convolution` (tests).
  func convolve(
    _ x: UnsafePointer<Float>, kernel: UnsafePointer<Float>, into target: ConvolutionTarget,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    switch algorithm {
    case .direct:
      DirectConvolution.convolve(
        x, kernel: kernel, bias: target.bias, relu: target.relu, into: target.values, g,
        workspace: workspace, pool: pool)
    case .winograd2x2:
      forward(WinogradF2.self).convolve(
        ConvolutionSource(x), kernel: kernel, into: target, workspace: workspace, pool: pool)
    case .winograd4x4:
      forward(WinogradF4.self).convolve(
        ConvolutionSource(x), kernel: kernel, into: target, workspace: workspace, pool: pool)
    case .winograd6x6:
      forward(WinogradF6.self).convolve(
        ConvolutionSource(x), kernel: kernel, into: target, workspace: workspace, pool: pool)
    }
  }

  /// `dw [kernelHeight, kernelWidth, in, out]`, overwritten. Reference: `Reference.convolutionWeightGradient`.
  func weightGradient(
    _ x: UnsafePointer<Float>, _ dy: ConvolutionSource, into dw: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    switch algorithm {
    case .direct:
      DirectConvolution.weightGradient(
        x, dy.values, into: dw, g, workspace: workspace, pool: pool)
    case .winograd2x2:
      WinogradGradient<WinogradF2>(g, threads: threads).run(
        x, dy, into: dw, workspace: workspace, pool: pool)
    case .winograd4x4:
      WinogradGradient<WinogradF4>(g, threads: threads).run(
        x, dy, into: dw, workspace: workspace, pool: pool)
    case .winograd6x6:
      WinogradGradient<WinogradF6>(g, threads: threads).run(
        x, dy, into: dw, workspace: workspace, pool: pool)
    }
  }

  /// `dx`, overwritten, from the weights as they are stored. Reference: `Reference.convolutionInputGradient` (tests).
  func inputGradient(
    _ dy: ConvolutionSource, weights: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    switch algorithm {
    case .direct:
      DirectConvolution.inputGradient(
        dy.values, weights: weights, into: dx, g, workspace: workspace, pool: pool)
    case .winograd2x2:
      inputGradient(
        WinogradF2.self, dy, weights: weights, into: dx, workspace: workspace, pool: pool)
    case .winograd4x4:
      inputGradient(
        WinogradF4.self, dy, weights: weights, into: dx, workspace: workspace, pool: pool)
    case .winograd6x6:
      inputGradient(
        WinogradF6.self, dy, weights: weights, into: dx, workspace: workspace, pool: pool)
    }
  }

  private func inputGradient<Form: WinogradForm>(
    _ form: Form.Type, _ dy: ConvolutionSource, weights: UnsafePointer<Float>,
    into dx: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    let transposed = transposed(form)
    transposed.transformKernel(weights, transposed: true, into: workspace, pool: pool)
    transposed.convolve(
      dy, kernel: workspace, into: ConvolutionTarget(dx),
      workspace: workspace + transposed.kernelCount, pool: pool)
  }

  private func forward<Form: WinogradForm>(_ form: Form.Type) -> Winograd<Form> {
    Winograd(g, threads: threads, isPooled: isPooled)
  }

  private func transposed<Form: WinogradForm>(_ form: Form.Type) -> Winograd<Form> {
    Winograd(g.transposed, threads: threads, isPooled: false)
  }

  private func gradientWorkspaceCount<Form: WinogradForm>(_ form: Form.Type) -> Int {
    let transposed = transposed(form)
    return max(
      WinogradGradient<Form>(g, threads: threads).workspaceCount,
      transposed.kernelCount + transposed.workspaceCount)
  }
}

/// The images a convolution pass reads: `[batch, height, width, channels]`, or the gradient of a 2 x 2 max pooling over
/// such images, `[batch, height / 2, width / 2, channels]` with the places of the winners, which stands for the larger one
/// without it ever being written.
struct ConvolutionSource {
  let values: UnsafePointer<Float>
  /// By element of `values`: 2 · row + column of the winner in its window.
  let places: UnsafePointer<UInt8>?

  init(_ values: UnsafePointer<Float>, places: UnsafePointer<UInt8>? = nil) {
    self.values = values
    self.places = places
  }
}

/// Where a convolution writes: `[batch, height, width, channels]`, or its 2 x 2 max pooling, and what it applies first.
struct ConvolutionTarget {
  let values: UnsafeMutablePointer<Float>
  /// With pooling: by element of `values`, 2 · row + column of the winner in its window; nil where nobody asks.
  var places: UnsafeMutablePointer<UInt8>?
  var bias: UnsafePointer<Float>?
  var relu = false

  init(_ values: UnsafeMutablePointer<Float>) { self.values = values }
}
