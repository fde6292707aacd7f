/// What a class folder or an output of a network calls a face: one of FER-2013's emotions, or what other data has besides.
public enum FaceClass: Hashable, Sendable {
  case emotion(Emotion)
  /// The eighth expression of FER+ (Barsoum et al. 2016) and AffectNet (Mollahosseini et al. 2017).
  case contempt
  /// A class of somebody's own.
  case other(String)

  /// Those that have a picture and an emoji.
  public static let drawn: [FaceClass] = Emotion.allCases.map { .emotion($0) } + [.contempt]

  private static let contemptuous: Set<String> = ["contempt", "contemptuous", "disdain", "scorn"]

  public init(_ className: String) {
    if let emotion = Emotion(name: className) {
      self = .emotion(emotion)
    } else {
      self = Self.contemptuous.contains(className.lowercased()) ? .contempt : .other(className)
    }
  }

  /// The classes that a network's outputs are called. Where two names mean the same, both keep their own.
  public static func all(of classNames: [String]) -> [FaceClass] {
    let classes = classNames.map { FaceClass($0) }
    return zip(classes, classNames).map { known, name in
      classes.count { $0 == known } > 1 ? .other(name) : known
    }
  }

  /// The columns of a table about a network with such outputs: the seven emotions in their order, so that tables of
  /// several networks look alike, then what it knows besides; without any emotion only its own classes.
  public static func columns(for classes: [FaceClass]) -> [FaceClass] {
    let emotions = Emotion.allCases.map { FaceClass.emotion($0) }
    guard classes.contains(where: emotions.contains) else { return classes }
    // Of two outputs that mean one emotion, one may be called like it: its column is the emotion's.
    let named = emotions.map { emotion in classes.first { $0.name == emotion.name } ?? emotion }
    return named + classes.filter { !named.contains($0) }
  }

  /// What tables and JSON call it: an emotion's own name, whatever word the model has for it.
  public var name: String {
    switch self {
    case .emotion(let emotion): emotion.name
    case .contempt: "contempt"
    case .other(let name): name
    }
  }

  public var emoji: String? {
    switch self {
    case .emotion(let emotion): emotion.emoji
    case .contempt: "😏"
    case .other: nil
    }
  }

  /// Where it stands among equals: emotions in FER-2013's order, then the others.
  public var rank: Int { Self.drawn.firstIndex(of: self) ?? Self.drawn.count }
}
