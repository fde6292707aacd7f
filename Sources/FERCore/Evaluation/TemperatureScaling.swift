import Foundation

/// One number that makes probabilities believable (Guo et al. 2017): logits are divided by a temperature before the
/// softmax. Above 1 answers become less sure, below 1 surer; which class is called never changes.
public struct TemperatureScaling: Sendable, Equatable {
  /// Above 0.
  public let temperature: Double

  public init(_ temperature: Double) {
    precondition(temperature > 0 && temperature.isFinite, "temperature \(temperature)")
    self.temperature = temperature
  }

  /// The temperature, between a tenth and 10, under which `answers` (probabilities, `[images][classes]`) have the smallest
  /// cross-entropy against `labels`. Fit it on images that neither trained the network nor score it.
  public init(fitting answers: [[Float]], labels: [Int]) {
    precondition(answers.count == labels.count, "one label an answer")
    let logs = answers.map { answer in answer.map { log(max(Double($0), Self.smallest)) } }
    func loss(_ logTemperature: Double) -> Double {
      let factor = exp(-logTemperature)
      return zip(logs, labels).reduce(0) { sum, image in
        let scaled = image.0.map { $0 * factor }
        let highest = scaled.max() ?? 0
        let total = scaled.reduce(0) { $0 + exp($1 - highest) }
        return sum + highest + log(total) - scaled[image.1]
      }
    }
    // Golden-section search: as a function of 1 / temperature the loss is convex, so it has one valley.
    let golden = (5.0.squareRoot() - 1) / 2
    var (low, high) = (-log(10.0), log(10.0))
    var inner = (high - golden * (high - low), low + golden * (high - low))
    var losses = (loss(inner.0), loss(inner.1))
    while high - low > 1e-5 {
      if losses.0 <= losses.1 {
        high = inner.1
        inner = (high - golden * (high - low), inner.0)
        losses = (loss(inner.0), losses.0)
      } else {
        low = inner.0
        inner = (inner.1, low + golden * (high - low))
        losses = (losses.1, loss(inner.1))
      }
    }
    self.init(exp((low + high) / 2))
  }

  /// The probabilities `[classes]` at this temperature.
  public func callAsFunction(_ answer: [Float]) -> [Float] {
    guard temperature != 1 else { return answer }
    let scaled = answer.map { log(max(Double($0), Self.smallest)) / temperature }
    let highest = scaled.max() ?? 0
    let powers = scaled.map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return powers.map { Float($0 / total) }
  }

  /// What a probability that was rounded to 0 is taken for.
  private static let smallest = 1e-30
}

extension TemperatureScaling {
  /// Makes `network` answer at this temperature by itself: its head's weights are divided, so that the network stays one
  /// that Keras knows.
  ///
  /// - Throws: `EmojifyError.badData` where it does not end in a dense layer or a convolution, averaged or reshaped perhaps,
  ///   and a softmax.
  public func apply(to network: Network) throws {
    guard let head = network.head?.layer, network.answersSoftmax(of: head) else {
      throw EmojifyError.badData(
        "'\(network.name)' ends in '\(network.nodes[network.nodes.count - 1].name)', expected a dense layer "
          + "or a convolution and a softmax for a temperature")
    }
    for parameter in head.parameters {
      for k in 0..<parameter.shape.count { parameter.value.base[k] /= Float(temperature) }
    }
    network.parametersChanged()
  }
}

extension Network {
  /// Whether the probabilities are the softmax of what `head` gives, or of its means or maxima: a factor there is one in the logits.
  fileprivate func answersSoftmax(of head: any Layer) -> Bool {
    guard let head = head as? any WeightedLayer else { return false }
    if nodes[nodes.count - 1].layer === head { return head.activation == .softmax }
    guard head.activation == .linear,
      (nodes[nodes.count - 1].layer as? Activation)?.function == .softmax
    else { return false }
    var place = nodes.count - 1
    while nodes[place].inputs.count == 1 {
      place = nodes[place].inputs[0]
      switch nodes[place].layer {
      case let layer? where layer === head: return true
      case is Flatten, is Reshape, is Dropout, is Identity, is GlobalAveragePooling2D,
        is AveragePooling2D, is GlobalMaxPooling2D, is MaxPooling2D:
        continue
      default: return false
      }
    }
    return false
  }
}
