@testable import FERCore

/// `y = x + offset` with one learned number for each element of a sample: put in front of a layer, its gradient is that
/// layer's input gradient, summed over the batch.
final class ElementOffset: Layer {
  let className = "ElementOffset"
  private(set) var parameters: [Parameter] = []

  func outputShape(for inputs: [Shape]) throws -> Shape { inputs[0] }

  func build(for inputs: [Shape]) { parameters = [Parameter("offset", inputs[0], .constant(0))] }

  var traits: LayerTraits {
    var traits = LayerTraits()
    traits.forwardInPlace = true
    traits.backwardInPlace = true
    return traits
  }

  func forward(_ call: ForwardCall) {
    let offset = parameters[0].value.elements
    for (index, value) in call.inputs[0].elements.enumerated() {
      call.output.base[index] = value + offset[index % offset.count]
    }
  }

  func backward(_ call: BackwardCall) {
    let gradient = parameters[0].gradient
    gradient.fill(0)
    for (index, value) in call.outputGradient.elements.enumerated() {
      gradient.base[index % gradient.shape.count] += value
    }
    guard let dx = call.inputGradients[0], dx.base != call.outputGradient.base else { return }
    dx.copy(from: call.outputGradient.view)
  }
}
