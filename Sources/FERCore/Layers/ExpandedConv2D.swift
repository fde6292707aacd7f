/// A convolution with holes between its taps, or of groups of channels that do not see each other, then an activation.
///
/// Computed as an ordinary one whose kernel has zeros there: right for every size, as fast as that larger convolution.
/// x `[batch, height, width, in]` → y `[batch, outHeight, outWidth, filters]`; kernel `[kernelHeight, kernelWidth,
/// in / groups, filters]`, bias `[filters]`.
public final class ExpandedConv2D: Layer {
  public let className = "Conv2D"
  public let kernelSize: (height: Int, width: Int)
  /// The distance of neighbouring taps (Yu & Koltun 2016); 1 leaves no holes.
  public let dilation: (height: Int, width: Int)
  /// Output channels `[g · filters / groups, …)` see input channels `[g · in / groups, …)` only.
  public let groups: Int
  /// The convolution that is computed.
  public let whole: Conv2D
  public private(set) var parameters: [Parameter] = []
  private var storage = FloatBuffer(count: 0)
  /// By element of the small kernel: its place in the whole one.
  private var places: [Int32] = []

  /// Elements with the holes, which are computed too: a quarter of a gigabyte.
  private static let largestKernel = Double(1 << 26)

  public init(
    filters: Int, kernelSize: (height: Int, width: Int),
    strides: (height: Int, width: Int) = (1, 1), padding: Padding = .valid,
    dilation: (height: Int, width: Int) = (1, 1), groups: Int = 1,
    activation: ActivationFunction = .linear, usesBias: Bool = true
  ) {
    precondition(dilation.height > 0 && dilation.width > 0 && groups > 0 && filters % groups == 0)
    self.kernelSize = kernelSize
    self.dilation = dilation
    self.groups = groups
    whole = Conv2D(
      filters: filters,
      kernelSize: (
        (kernelSize.height - 1) * dilation.height + 1, (kernelSize.width - 1) * dilation.width + 1
      ),
      strides: strides, padding: padding, activation: activation, usesBias: usesBias)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = try ShapeError.requireSingle(inputs, rank: 3)
    guard input[2] % groups == 0 else {
      throw ShapeError("\(input[2]) channels cannot be parted into \(groups) groups")
    }
    let taps = whole.kernelSize.height * whole.kernelSize.width
    guard Double(taps) * Double(input[2]) * Double(whole.filters) <= Self.largestKernel else {
      throw ShapeError(
        "a kernel of \(whole.kernelSize.height) x \(whole.kernelSize.width), its holes included, from \(input[2]) to "
          + "\(whole.filters) channels is too large")
    }
    return try whole.outputShape(for: inputs)
  }

  /// The whole kernel and its gradient.
  public func ownCount(for inputs: [Shape]) -> Int {
    2 * whole.kernelSize.height * whole.kernelSize.width * inputs[0][2] * whole.filters
  }

  public func build(for inputs: [Shape]) {
    whole.build(for: inputs)
    let (channels, filters) = (inputs[0][2], whole.filters)
    let (inside, outside) = (channels / groups, filters / groups)
    let shape: Shape = [kernelSize.height, kernelSize.width, inside, filters]
    let taps = kernelSize.height * kernelSize.width
    let initializer = whole.initialization.initializer(
      fanIn: taps * inside, fanOut: taps * filters)
    parameters = [Parameter("kernel", shape, initializer, decays: true)]
    parameters += whole.parameters.dropFirst()
    places = []
    for row in 0..<kernelSize.height {
      for column in 0..<kernelSize.width {
        let tap = row * dilation.height * whole.kernelSize.width + column * dilation.width
        for c in 0..<inside {
          for f in 0..<filters {
            places.append(Int32((tap * channels + f / outside * inside + c) * filters + f))
          }
        }
      }
    }
    let kernel = whole.parameters[0]
    storage = FloatBuffer(count: ownCount(for: inputs))
    kernel.value = MutableTensorView(base: storage.base, shape: kernel.shape)
    kernel.gradient = MutableTensorView(
      base: storage.base + kernel.shape.count, shape: kernel.shape)
    kernel.value.fill(0)
  }

  public var traits: LayerTraits { whole.traits }
  public var traitsFusingReLU: LayerTraits? { whole.traitsFusingReLU }

  public func memory(for inputs: [Shape], mode: Mode, threads: Int, fusion: Fusion) -> LayerMemory {
    whole.memory(for: inputs, mode: mode, threads: threads, fusion: fusion)
  }

  public func prepare(_ call: ForwardCall) {
    let (small, large) = (parameters[0].value.base, whole.parameters[0].value.base)
    for (index, place) in places.enumerated() { large[Int(place)] = small[index] }
    whole.prepare(call)
  }

  public func forward(_ call: ForwardCall) { whole.forward(call) }

  public func backward(_ call: BackwardCall) {
    whole.backward(call)
    let (small, large) = (parameters[0].gradient.base, whole.parameters[0].gradient.base)
    for (index, place) in places.enumerated() { small[index] = large[Int(place)] }
  }

  /// Of the taps that are not zero by construction.
  public func multiplyAdds(for inputs: [Shape]) -> Int {
    let kernel = parameters.isEmpty ? 0 : parameters[0].shape.count
    guard let output = try? whole.outputShape(for: inputs) else { return 0 }
    return output[0] * output[1] * kernel
  }

  public func algorithm(for inputs: [Shape], mode: Mode) -> String? {
    whole.algorithm(for: inputs, mode: mode)
  }
}
