import FERCore

/// A model tried on labelled images with pixels scaled, and outputs named, in each way there is.
struct InputTrial {
  struct Candidate {
    let range: InputRange
    /// `fer`, `alphabetical`, or what says that it was matched.
    let title: String
    /// By output.
    let labels: [String]
    /// By output: the class of the images that it calls; nil for one they have not.
    let meaning: [Int?]
    /// By image: whether it was called what it is.
    let hits: [Bool]
    /// By image: the output that was largest.
    let calls: [Int]
    /// By class that the labels name: how many images it has.
    let named: [Int]

    var count: Int { hits.count { $0 } }
    var namedCount: Int { named.reduce(0, +) }
    /// Of the images that could be called right.
    var accuracy: Double { Double(count) / Double(max(1, namedCount)) }
    var interval: [Double] { ClassificationReport.wilsonInterval(hits: count, of: namedCount) }
    /// Who says the largest class of every one of these images is right so often.
    var chance: Double { Double(named.max() ?? 0) / Double(max(1, namedCount)) }
    var isBetterThanChance: Bool { interval[0] > chance }
  }

  /// How far the best is ahead of another, in shares of the images, with the 95% interval of that.
  struct Lead: Encodable {
    let over: String
    let lead: Double
    let low: Double
    let high: Double

    var isSure: Bool { low > 0 }

    /// - Parameter hasMore: more images could be asked of.
    func text(hasMore: Bool) -> String {
      let advice = hasMore ? "more --images decide" : "other data or another --split may decide"
      let numbers = [low, high].map { NumberText.fixed($0 * 100, 1) }.joined(separator: " to ")
      return "\(isSure ? "sure" : "not sure"): \(NumberText.fixed(lead * 100, 1)) points before "
        + "\(over) (95%: \(numbers))" + (isSure ? "" : "; \(advice)")
    }
  }

  static let ranges: [InputRange] = [
    .unit, .symmetric, .raw, .standard, .span(low: -0.5, high: 0.5),
  ]

  /// The best first.
  let candidates: [Candidate]
  let imageCount: Int
  private let truths: [Int]
  /// Of the images.
  let classNames: [String]

  /// Throws `EmojifyError.badData` where the network takes no images of one or three channels, or answers with one number.
  init(
    _ adoption: Adoption, _ dataset: FaceDataset, _ indices: [Int], pool: WorkerPool,
    progress: (String) -> Void
  ) throws {
    // Which of two classes its one number is near says no order of outputs.
    guard adoption.network.classCount > 1 else {
      throw EmojifyError.badData(
        "\(adoption.file.relativePath): answers with one number, expected one for each class")
    }
    let truths = indices.map { Int(dataset.labels[$0]) }
    let known = adoption.facts
    var found: [Candidate] = []
    for range in Self.ranges {
      progress("trying \(range.text)")
      let network = try EmojifyError.naming(adoption.file.relativePath) {
        try adoption.network.answeringOneRow().takingRawPixels(in: range)
      }
      let predictor = Predictor(network: network, pool: pool, batchSize: 32)
      let calls = Evaluator.calls(of: predictor, on: dataset, indices: indices)
      found += Self.candidates(
        range, calls, truths, outputs: network.classCount, dataset.classNames, known.labels)
    }
    // Of equals the one tried first.
    candidates = found.enumerated().sorted {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }.map(\.element)
    imageCount = indices.count
    self.truths = truths
    classNames = dataset.classNames
  }

  /// By class that is among `meaning`: how many images it has.
  private static func counts(of truths: [Int], among meaning: [Int?]) -> [Int] {
    Set(meaning.compactMap(\.self)).map { label in truths.count { $0 == label } }
  }

  /// One way to scale under each way to name.
  private static func candidates(
    _ range: InputRange, _ calls: [Int], _ truths: [Int], outputs: Int, _ classes: [String],
    _ known: [String]?
  ) -> [Candidate] {
    var orders: [(title: String, labels: [String])] = []
    if let known, known.count == outputs { orders.append(("as the file says", known)) }
    for (title, names) in [
      ("fer", LabelOrder.fer.names),
      ("alphabetical", LabelOrder.alphabetical.names),
      ("alphabetical", classes.sorted()),
    ] where names.count == outputs && ClassName.order(of: names, in: classes) != nil {
      orders.append((title, names))
    }
    var fixed: [Candidate] = []
    for (title, labels) in orders {
      let meaning = labels.map { ClassName.index(of: $0, in: classes) }
      // The same classes in other words are no other order.
      guard !fixed.contains(where: { $0.meaning == meaning }) else { continue }
      fixed.append(
        Candidate(
          range: range, title: title, labels: labels, meaning: meaning,
          hits: zip(calls, truths).map { meaning[$0] == $1 }, calls: calls,
          named: counts(of: truths, among: meaning)))
    }
    let matched = matched(range, calls, truths, outputs, classes, known)
    // Matching that finds a known order says nothing new.
    return fixed.contains { $0.meaning == matched.meaning } ? fixed : fixed + [matched]
  }

  private static func matched(
    _ range: InputRange, _ calls: [Int], _ truths: [Int], _ outputs: Int, _ classes: [String],
    _ known: [String]?
  ) -> Candidate {
    func meaning(_ places: [Int]) -> [Int?] {
      var gain = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: outputs)
      for place in places where calls[place] < outputs { gain[calls[place]][truths[place]] += 1 }
      return Assignment.best(gain)
    }
    let all = meaning(Array(calls.indices))
    // The images come class by class: every second one is a half with all classes.
    let halves = [0, 1].map { parity in calls.indices.filter { $0 % 2 == parity } }
    var hits = [Bool](repeating: false, count: calls.count)
    for (half, other) in [(0, 1), (1, 0)] {
      let learnt = meaning(halves[other])
      // A class that only a half of the images names does not count.
      for place in halves[half] where all.contains(truths[place]) {
        hits[place] = learnt[calls[place]] == truths[place]
      }
    }
    let labels = all.enumerated().map { output, label in
      if let label { return classes[label] }
      // These images say nothing of a class they have not.
      guard let known, known.count == outputs,
        ClassName.index(of: known[output], in: classes) == nil
      else { return "output-\(output)" }
      return known[output]
    }
    return Candidate(
      range: range, title: "matched: " + labels.map { String($0.prefix(3)) }.joined(separator: " "),
      labels: labels, meaning: all, hits: hits, calls: calls, named: counts(of: truths, among: all))
  }

  // MARK: What follows

  var found: ModelFacts {
    ModelFacts(inputRange: candidates[0].range, labels: candidates[0].labels)
  }

  var isBetterThanChance: Bool { candidates[0].isBetterThanChance }
  var isSure: Bool { (rangeLead?.isSure ?? true) && (labelLead?.isSure ?? true) }

  /// Over the best with another range.
  var rangeLead: Lead? {
    candidates.first { $0.range != candidates[0].range }.map { lead(over: $0, $0.range.text) }
  }

  /// Over the next best order: of those tried, and of those in which two outputs change their meaning, or one takes a
  /// class that none has.
  var labelLead: Lead? {
    let best = candidates[0]
    let meaning = best.meaning
    func hits(_ meaning: [Int?]) -> [Bool] { zip(best.calls, truths).map { meaning[$0] == $1 } }
    let own = hits(meaning)
    var leads = candidates.filter { $0.meaning != meaning }.map { lead(over: $0, $0.title) }
    for a in meaning.indices {
      for b in meaning.indices where a < b {
        var other = meaning
        other.swapAt(a, b)
        let title = "\(best.labels[a]) and \(best.labels[b]) exchanged"
        leads.append(lead(of: own, over: hits(other), title))
      }
      for label in classNames.indices where !meaning.contains(label) {
        var other = meaning
        other[a] = label
        let title = "\(classNames[label]) in place of \(best.labels[a])"
        leads.append(lead(of: own, over: hits(other), title))
      }
    }
    return leads.min { $0.lead < $1.lead }
  }

  /// Over another candidate.
  private func lead(over other: Candidate, _ title: String) -> Lead {
    lead(of: candidates[0].hits, over: other.hits, title)
  }

  /// Both were asked about the same images, so only those count where one is right and the other not (McNemar 1947).
  private func lead(of best: [Bool], over other: [Bool], _ title: String) -> Lead {
    let pairs = zip(best, other)
    let wins = Double(pairs.count { $0 && !$1 })
    let losses = Double(pairs.count { !$0 && $1 })
    let n = Double(imageCount)
    let mean = (wins - losses) / n
    let deviation = (wins + losses - (wins - losses) * (wins - losses) / n).squareRoot() / n
    return Lead(
      over: title, lead: mean, low: mean - 1.96 * deviation, high: mean + 1.96 * deviation)
  }

  struct Report: Encodable {
    struct Row: Encodable {
      let inputRange: String
      let labels: [String]
      let accuracy: Double
      let interval: [Double]

      enum CodingKeys: String, CodingKey {
        case labels, accuracy, interval
        case inputRange = "input_range"
      }
    }

    let images: Int
    let found: ModelFacts.Report
    let rangeLead: Lead?
    let labelLead: Lead?
    let betterThanChance: Bool
    let candidates: [Row]

    enum CodingKeys: String, CodingKey {
      case images, found, candidates
      case rangeLead = "range_lead"
      case labelLead = "label_lead"
      case betterThanChance = "better_than_chance"
    }
  }

  var report: Report {
    Report(
      images: imageCount, found: found.report, rangeLead: rangeLead, labelLead: labelLead,
      betterThanChance: isBetterThanChance,
      candidates: candidates.map {
        .init(
          inputRange: $0.range.text, labels: $0.labels, accuracy: $0.accuracy, interval: $0.interval
        )
      })
  }
}
