import FERCore
import Foundation

/// `emojify model convert`: any model that is read, written in the form of a model of ours.
struct ModelConvert: Command {
  static let name = "model convert"
  static let summary = "Write a model anew, in the form that today's Keras opens."
  static let examples = [
    Example("emojify model convert old.hdf5 new.h5", "What only an old Keras opened, for any."),
    Example("emojify model convert model.h5 model.keras", "Keras 3's own form."),
    Example("emojify model convert model.h5 small.h5 --half", "Weights in 16 bits."),
    Example(
      "emojify model convert weights.h5 model.keras --config model.json",
      "Weights alone become a whole model."),
  ]
  static let discussion = """
    Network and weights are kept, with what 'emojify model adopt' said of them, and how it was compiled where every Keras \
    understands that; the optimizer's state is not. '.keras' is the form of Keras 3, '.h5' that of Keras 2 and 3. \
    'emojify model diff' shows that nothing else changed.
    """
  static var positionals: [Positional<Self>] {
    [
      .one("FROM", \.source, "A model file."),
      .one("TO", \.target, "The file to write; its ending says which form."),
    ]
  }
  static var options: [Option<Self>] {
    [.flag("--half", \.half, "Round weights to 16 bits: half the size, three digits.")]
      + LayerOptions.options(\.layers)
  }

  var common = CommonOptions()
  var source = ""
  var target = ""
  var half = false
  var layers = LayerOptions()

  mutating func validate() throws {
    let ending = URL(fileURLWithPath: target).pathExtension.lowercased()
    guard Self.endings.contains(ending) else {
      throw EmojifyError.usage(
        "\(target): cannot write '.\(ending)', expected "
          + Self.endings.map { "." + $0 }.joined(separator: ", "))
    }
  }

  static let endings = ["h5", "hdf5", "keras"]

  func run(_ terminal: Terminal) throws {
    let adoption = try Adoption(of: URL(fileURLWithPath: source)) { try layers.read($0) }
    terminal.note(ofGuess: adoption.network.guess, source)
    let facts = try adoption.facts()
    try KerasFormat.write(
      adoption.network, metadata: adoption.metadata(with: facts), to: URL(fileURLWithPath: target),
      as: half ? .float16 : .float32)
    let (trainable, other) = adoption.network.parameterCount
    terminal.note("wrote \(target): \(NumberText.grouped(trainable + other)) parameters")
  }
}
