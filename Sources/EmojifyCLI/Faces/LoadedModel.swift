import FERCore
import Foundation

/// A model file in memory, with what a command needs to know of it.
///
/// What the user says counts before what lies beside the file, that before what is in the file, and where all are silent
/// there is a guess, of which one note tells.
struct LoadedModel {
  /// Of an ensemble the first one's.
  let file: URL
  /// For messages and reports: the file, or all files of an ensemble.
  let name: String
  var isEnsemble: Bool { name != file.relativePath }
  /// Takes raw bytes and answers with probabilities, whatever the file's own network takes and answers.
  let network: Network
  let metadata: ModelMetadata
  /// What the network's outputs mean, in their order.
  let classNames: [String]
  let inputRange: InputRange
  /// Of the faces it takes.
  let format: FaceFormat

  /// - Parameters:
  ///   - told: what the user says of the model.
  ///   - needsLabels: without it outputs that nobody names are called by their numbers.
  ///   - trains: the network is to be trained and kept, so it gets no layers that Keras does not have, and none is frozen.
  /// - Throws: `EmojifyError` where the file is no model for images, or nobody says what its outputs mean.
  init(
    _ file: URL, told: ModelOptions = ModelOptions(), needsLabels: Bool = true,
    trains: Bool = false,
    _ terminal: Terminal
  ) throws {
    let stopwatch = Stopwatch()
    let (stored, metadata) = try told.read(file)
    let network = try EmojifyError.naming(file.relativePath) {
      try (trains ? stored.unfreezing() : stored).answeringOneRow()
    }
    let facts = try told.facts(of: file, metadata, classCount: network.classCount)
    var guesses: [Guess] = []
    self.file = file
    name = file.relativePath
    self.metadata = metadata
    inputRange = Self.range(facts, metadata, network, &guesses)
    classNames =
      try needsLabels || facts.labels != nil
      ? Self.labels(facts, file, network.classCount, &guesses)
      : (0..<network.classCount).map { "output-\($0)" }
    let color = facts.color ?? .gray
    let range = inputRange
    let ready = try EmojifyError.naming(file.relativePath) {
      try network.takingRawPixels(in: range, color: color)
    }
    func answering(_ kind: OutputKind?) throws -> Network {
      try EmojifyError.naming(file.relativePath) { try ready.answeringProbabilities(kind) }
    }
    let outputs = Outputs(of: network, told: facts.output)
    if trains {
      // A fresh head brings its own softmax.
      let turns = outputs.kind == .logits && needsLabels
      self.network = turns ? try answering(.logits) : ready
    } else {
      self.network = try answering(facts.output)
    }
    let input = network.inputShape
    format = FaceFormat(width: input[1], height: input[0], color: color)
    terminal.detail("model: \(description), read in \(stopwatch.text)")
    let beside = ModelFacts.file(beside: file)
    if FileManager.default.fileExists(atPath: beside.path) {
      terminal.detail("model: \(beside.relativePath) outranks what the file says of itself")
    }
    terminal.note(ofGuess: network.guess, file.relativePath)
    if !guesses.isEmpty {
      terminal.note(
        "note: \(file.relativePath) does not say \(guesses.map(\.text).joined(separator: " nor ")); "
          + guesses.map(\.option).joined(separator: " and ")
          + "\(guesses.count > 1 ? " tell" : " tells"), 'emojify model calibrate' finds out")
    }
    if !trains, let note = outputs.note { terminal.note("note: \(file.relativePath) \(note)") }
  }

  /// Several files are one model that answers with their mean: an ensemble. Their classes may be in different orders.
  ///
  /// Throws as for one file, and where they take different faces or know different classes.
  init(_ files: [URL], told: ModelOptions = ModelOptions(), _ terminal: Terminal) throws {
    let members = try files.map { try LoadedModel($0, told: told, terminal) }
    let first = members[0]
    guard members.count > 1 else {
      self = first
      return
    }
    let orders = try members.map { other in
      guard other.format == first.format else {
        throw EmojifyError.badData(
          "\(other.name): takes faces of \(other.format.text), \(first.name) of \(first.format.text): they make no ensemble"
        )
      }
      guard let order = ClassName.order(of: first.classNames, in: other.classNames) else {
        throw EmojifyError.badData(
          "\(other.name): tells \(other.classNames.listed) apart, \(first.name) \(first.classNames.listed): "
            + "they make no ensemble")
      }
      return order
    }
    file = first.file
    name = members.map(\.name).joined(separator: " + ")
    network = try Network.ensemble(members.map(\.network), orders: orders)
    metadata = ModelMetadata(labels: first.classNames)
    classNames = first.classNames
    inputRange = .raw
    format = first.format
    terminal.detail("ensemble of \(members.count): \(description)")
  }

  /// What a file does not say, and the option that does.
  private typealias Guess = (text: String, option: String)

  private static func range(
    _ facts: ModelFacts, _ metadata: ModelMetadata, _ network: Network, _ guesses: inout [Guess]
  ) -> InputRange {
    if let range = facts.range(of: network, metadata) { return range }
    guesses.append(("how pixels are scaled (taken as 0..1)", "--input-range"))
    return .unit
  }

  private static func labels(
    _ facts: ModelFacts, _ file: URL, _ classCount: Int, _ guesses: inout [Guess]
  ) throws -> [String] {
    if let labels = facts.labels { return labels }
    guard classCount == Emotion.allCases.count else {
      throw EmojifyError.badData(
        "\(file.relativePath): does not say what its \(classCount) outputs mean; --labels tells, "
          + "'emojify model calibrate' finds out")
    }
    guesses.append(("in what order the emotions are (taken as FER-2013's)", "--labels"))
    return Emotion.allCases.map(\.name)
  }

  /// For those who want to know what they are using.
  var description: String {
    let (trainable, other) = network.parameterCount
    return "\(network.name), \(NumberText.grouped(trainable + other)) parameters, "
      + "\(NumberText.count(classNames.count, "class", "classes")), HDF5 \(HDF5File.libraryVersion)"
  }

  /// The width and height of the faces it takes, in pixels. Throws where it takes no square images.
  func faceSide() throws -> Int {
    guard format.width == format.height else {
      throw EmojifyError.badData(
        "\(file.relativePath): takes images of \(format.width) x \(format.height) pixels, expected square ones"
      )
    }
    return format.width
  }

  /// What each output calls a face.
  var classes: [FaceClass] { FaceClass.all(of: classNames) }
}

extension Terminal {
  /// One line where a model's file does not say something that no option can tell.
  func note(ofGuess guess: String?, _ model: String) {
    if let guess { note("note: \(model) does not say \(guess)") }
  }
}
