/// The sizes of one two-dimensional convolution or pooling, batch included.
struct ConvolutionGeometry: Equatable {
  var batch: Int
  var inputHeight: Int
  var inputWidth: Int
  var inputChannels: Int
  var kernelHeight: Int
  var kernelWidth: Int
  var strideHeight: Int
  var strideWidth: Int
  /// Rows of zeros above the input; those below follow from the output's height.
  var padTop: Int
  var padLeft: Int
  var outputHeight: Int
  var outputWidth: Int
  var outputChannels: Int

  var outputShape: Shape { [batch, outputHeight, outputWidth, outputChannels] }
  var outputPixels: Int { batch * outputHeight * outputWidth }
  /// Multiply-adds that one output number takes.
  var depth: Int { kernelHeight * kernelWidth * inputChannels }
  /// Whether a row of the input is a row of the product: nothing to gather.
  var isPointwise: Bool {
    kernelHeight == 1 && kernelWidth == 1 && strideHeight == 1 && strideWidth == 1 && padTop == 0
      && padLeft == 0 && inputHeight == outputHeight && inputWidth == outputWidth
  }

  init(
    input: Shape, kernel: (height: Int, width: Int), stride: (height: Int, width: Int),
    padding: Padding, outputChannels: Int
  ) {
    precondition(input.rank == 4, "expected [batch, height, width, channels], found \(input)")
    batch = input[0]
    inputHeight = input[1]
    inputWidth = input[2]
    inputChannels = input[3]
    kernelHeight = kernel.height
    kernelWidth = kernel.width
    strideHeight = stride.height
    strideWidth = stride.width
    let vertical = padding.extent(input: inputHeight, window: kernelHeight, stride: strideHeight)
    let horizontal = padding.extent(input: inputWidth, window: kernelWidth, stride: strideWidth)
    padTop = vertical.before
    padLeft = horizontal.before
    outputHeight = vertical.output
    outputWidth = horizontal.output
    self.outputChannels = outputChannels
  }

  /// The convolution whose output is this one's input gradient, for stride 1: the kernel turned by 180° over the output
  /// gradient.
  var transposed: ConvolutionGeometry {
    precondition(strideHeight == 1 && strideWidth == 1)
    var result = self
    result.inputHeight = outputHeight
    result.inputWidth = outputWidth
    result.inputChannels = outputChannels
    result.outputHeight = inputHeight
    result.outputWidth = inputWidth
    result.outputChannels = inputChannels
    result.padTop = kernelHeight - 1 - padTop
    result.padLeft = kernelWidth - 1 - padLeft
    return result
  }
}

/// How a window treats the borders, in Keras' words.
public enum Padding: String, Sendable, Codable, CaseIterable {
  /// Only windows that lie inside.
  case valid
  /// As many zeros as make the output `ceil(input / stride)` long; the odd one goes behind, as TensorFlow does.
  case same

  /// The output's extent and the zeros in front.
  func extent(input: Int, window: Int, stride: Int) -> (output: Int, before: Int) {
    switch self {
    case .valid:
      return (input < window ? 0 : (input - window) / stride + 1, 0)
    case .same:
      let output = (input + stride - 1) / stride
      return (output, max((output - 1) * stride + window - input, 0) / 2)
    }
  }
}
