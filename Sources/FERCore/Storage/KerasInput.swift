/// Where the channels of a Keras model's images are. Keras says it in the layers that have a `data_format`, not at the
/// input, and what stands before them may look at every element alike or change the axes.
struct KerasInput {
  let layout: KerasLayout
  /// What a note says where no layer tells and only the shape speaks.
  let guess: String?

  /// - Parameter shape: per sample, as Keras has it.
  init(of graph: KerasGraph, _ shape: Shape) {
    let colors = [1, 3, 4]
    // Nobody has images a few pixels wide: such a model turns its axes itself.
    guard shape.rank == 3, colors.contains(shape[0]) || !colors.contains(shape[2]) else {
      (layout, guess) = (.asKeras, nil)
      return
    }
    if let said = Self.layout(in: graph) {
      (layout, guess) = (said, nil)
      return
    }
    let looksFirst = [1, 3].contains(shape[0]) && !colors.contains(shape[2])
    layout = looksFirst ? .channelsFirst : .asKeras
    guess = looksFirst ? "where its channels are (taken as the first axis of \(shape))" : nil
  }

  /// What the layers say that see the input's own axes: the first with a `data_format`, else one that works on the axis
  /// behind the batch, as is done to channels.
  private static func layout(in graph: KerasGraph) -> KerasLayout? {
    var reached: Set<String> = [graph.nodes[0].name]
    var byAxis: KerasLayout?
    for node in graph.nodes.dropFirst() where node.inputs.contains(where: reached.contains) {
      let format = (node.config["data_format"] ?? node.config["dim_ordering"])?.stringValue
      if format == "channels_first" || format == "th" { return .channelsFirst }
      switch node.className {
      case "Flatten", "Reshape", "Permute": continue
      case let name where KerasArrangement.isIndifferent(name) || name == "Activation": break
      case let name where axisClasses.contains(name):
        if [1, [1]].contains(node.config["axis"]) { byAxis = .channelsFirst }
      case "PReLU", "Dense": break
      default: return byAxis ?? .asKeras  // has its channels last, or is not known
      }
      reached.insert(node.name)
    }
    return byAxis
  }

  private static let axisClasses: Set<String> = [
    "BatchNormalization", "LayerNormalization", "Normalization", "Softmax", "Concatenate",
  ]
}
