/// How far a run is, and the sums of the epoch it is in.
struct TrainingProgress {
  /// The epoch being trained, from 0, and how many of its batches are done.
  var epoch = 0
  var batch = 0
  /// Steps of the whole run.
  var step = 0
  var total = SoftmaxCrossEntropy.Outcome()
  /// The learning rate of the last step.
  var lastRate = 0.0
}

extension Trainer {
  /// Everything the run needs to go on from here.
  /// - Parameter exchanged: the network holds the average and the average the network's values.
  func checkpoint(exchanged: Bool) -> Checkpoint {
    var saved = Checkpoint(parameters: Checkpoint.parameters(of: network))
    saved.arrays["values"] = network.values
    if let average {
      saved.arrays["values"] = exchanged ? average.values : network.values
      saved.arrays["average"] = exchanged ? network.values : average.values
    }
    for slot in optimizer.slots { saved.arrays["optimizer_\(slot.name)"] = slot.values }
    saved.counters["progress"] = [
      progress.epoch, progress.batch, progress.step, progress.total.correct, progress.total.count,
      optimizer.updates, average?.updates ?? 0, session.shouldStop ? 1 : 0,
    ]
    saved.numbers["progress"] = [
      progress.total.lossSum, progress.lastRate, Double(session.rateFactor),
    ]
    saved.counters["data"] = knownData
    saved.counters["history"] = session.history.map(\.epoch)
    saved.numbers["history"] = session.history.flatMap(\.numbers)
    for callback in callbacks { saved.numbers["callback_\(callback.name)"] = callback.state }
    return saved
  }

  /// Goes back to where the folder's checkpoint was written. A run that was killed before its first checkpoint starts
  /// anew, which comes to the same.
  ///
  /// - Throws: `EmojifyError.badData` where the checkpoint is damaged or another network's.
  public func restore() throws {
    guard folder.hasCheckpoint else { return }
    let file = folder.checkpoint.relativePath
    let saved = try Checkpoint(reading: folder.checkpoint)
    guard let places = saved.places(ofParametersIn: network), places == places.sorted() else {
      throw EmojifyError.badData("\(file): is of another network than '\(network.name)'")
    }
    let fill = { (buffer: FloatBuffer, name: String) in
      let array = try saved.array(name, count: buffer.count, in: file)
      buffer.base.update(from: array.base, count: buffer.count)
    }
    let counters = try Self.required(saved.counters["progress"], 8, "counters/progress", file)
    let numbers = try Self.required(saved.numbers["progress"], 3, "numbers/progress", file)
    let epochs = saved.counters["history"] ?? []
    let width = 5
    let records = try Self.required(
      saved.numbers["history"], epochs.count * width, "numbers/history", file)
    let isPossible =
      0...configuration.epochs ~= counters[0] && 0...batches.batchCount ~= counters[1]
      && counters[2] == counters[0] * batches.batchCount + counters[1]
      && 0...data.training.count ~= counters[4] && 0...counters[4] ~= counters[3]
      && counters[5] == counters[2] && counters[6] == (average == nil ? 0 : counters[2])
      && numbers.allSatisfy(\.isFinite) && epochs == Array(0..<counters[0])
    let known = saved.counters["data"] ?? knownData
    guard known == knownData else {
      throw EmojifyError.badData(
        "\(file): the run began with other data: \(known.first ?? 0) images to learn from, there are "
          + "\(data.training.count) now, or others: it cannot go on with them")
    }
    guard isPossible else {
      throw EmojifyError.badData(
        "\(file): 'counters/progress' is \(counters), which no run comes to")
    }
    try fill(network.values, "values")
    if let average { try fill(average.values, "average") }
    for slot in optimizer.slots { try fill(slot.values, "optimizer_\(slot.name)") }
    for callback in callbacks {
      let name = "callback_\(callback.name)"
      let state = try Self.required(
        saved.numbers[name], callback.state.count, "numbers/\(name)", file)
      guard state.allSatisfy({ !$0.isNaN }) else {
        throw EmojifyError.badData("\(file): 'numbers/\(name)' is \(state), which no run comes to")
      }
      callback.state = state
    }
    progress = TrainingProgress(
      epoch: counters[0], batch: counters[1], step: counters[2],
      total: .init(lossSum: numbers[0], correct: counters[3], count: counters[4]),
      lastRate: numbers[1])
    optimizer.updates = counters[5]
    average?.updates = counters[6]
    session.shouldStop = counters[7] != 0
    session.rateFactor = Float(numbers[2])
    session.history = epochs.enumerated().map { position, epoch in
      EpochRecord(epoch: epoch, numbers: records[position * width..<(position + 1) * width])
    }
    network.parametersChanged()
  }

  static func required<Element>(
    _ values: [Element]?, _ count: Int, _ name: String, _ file: String
  ) throws -> [Element] {
    let values = values ?? []  // empty ones are not written
    guard values.count == count else {
      throw EmojifyError.badData(
        "\(file): '\(name)' has \(values.count) elements, the run expects \(count)")
    }
    return values
  }
}
