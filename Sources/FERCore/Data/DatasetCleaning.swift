/// Why an image is better left out of training.
public enum SkipReason: String, CaseIterable, Sendable {
  /// It shows nothing: `FaceDataset.blankImages`.
  case blank
  /// PublicTest or PrivateTest holds the same picture: a score there would count what was learnt by heart.
  case leak
  /// The same picture has another label elsewhere in Training, so neither can be believed. What a test split calls it
  /// decides nothing.
  case conflict
  /// Training holds the same picture before it.
  case copy
}

/// An image to leave out, and why.
public struct SkippedImage: Sendable, Equatable {
  public let index: Int
  public let kind: SkipReason
  /// For people: `copy of line 1207`.
  public let reason: String
}

extension FaceDataset {
  /// The Training images that one of `reasons` speaks against, ascending, each with the first reason that
  /// holds in the order of `SkipReason.allCases`.
  ///
  /// Of each picture that is in Training several times, one copy stays, unless another reason speaks against
  /// all of them. Images of other splits are never named: their scores stay comparable.
  public func imagesToSkip(for reasons: Set<SkipReason>) -> [SkippedImage] {
    var found: [Int: SkippedImage] = [:]
    func skip(_ index: Int, _ kind: SkipReason, _ reason: String) {
      guard splits[index] == .training, found[index] == nil else { return }
      found[index] = SkippedImage(index: index, kind: kind, reason: reason)
    }
    if reasons.contains(.blank) {
      for index in blankImages() { skip(index, .blank, "blank") }
    }
    for group in duplicateGroups() {
      let learned = group.filter { splits[$0] == .training }
      if reasons.contains(.leak), let test = group.first(where: { splits[$0] != .training }) {
        for index in group { skip(index, .leak, "also in \(splits[test].name): \(name(of: test))") }
      }
      if reasons.contains(.conflict) {
        for index in learned {
          guard let other = learned.first(where: { labels[$0] != labels[index] }) else { break }
          skip(
            index, .conflict,
            "\(className(of: index)) here, \(className(of: other)) in \(name(of: other))")
        }
      }
      if reasons.contains(.copy) {
        let rest = learned.filter { found[$0] == nil }
        for index in rest.dropFirst() { skip(index, .copy, "copy of \(name(of: rest[0]))") }
      }
    }
    return found.values.sorted { $0.index < $1.index }
  }

  private func name(of index: Int) -> String {
    let reference = reference(of: index) ?? String(index)
    return if case .lines = origin { "line \(reference)" } else { reference }
  }
  private func className(of index: Int) -> String { classNames[Int(labels[index])] }
}
