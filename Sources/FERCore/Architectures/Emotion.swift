/// The seven expressions of FER-2013, in the data set's label order (Goodfellow et al. 2013).
public enum Emotion: Int, CaseIterable, Sendable, Codable {
  case angry, disgust, fear, happy, sad, surprise, neutral

  /// The lower-case English name that folders, tables and JSON use.
  public var name: String { String(describing: self) }

  public var emoji: String {
    switch self {
    case .angry: "😠"
    case .disgust: "🤢"
    case .fear: "😨"
    case .happy: "😄"
    case .sad: "😢"
    case .surprise: "😮"
    case .neutral: "😐"
    }
  }

  /// The emotion a class name means: the name in any case, or one of the words other data sets use for it.
  public init?(name: some StringProtocol) {
    let word = name.lowercased()
    if let emotion = Self.allCases.first(where: { $0.name == word }) {
      self = emotion
    } else if let emotion = Self.synonyms[word] {
      self = emotion
    } else {
      return nil
    }
  }

  private static let synonyms: [String: Emotion] = [
    "anger": .angry, "disgusted": .disgust, "fearful": .fear, "afraid": .fear, "scared": .fear,
    "happiness": .happy, "joy": .happy, "sadness": .sad, "surprised": .surprise,
    "suprise": .surprise,
  ]
}
