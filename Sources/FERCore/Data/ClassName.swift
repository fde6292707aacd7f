/// Looks classes up by what they are called.
public enum ClassName {
  /// Where the class is that `name` means: written like it, else in another case, else another word for the same
  /// expression ("anger").
  public static func index(of name: String, in classNames: [String]) -> Int? {
    if let index = classNames.firstIndex(of: name) { return index }
    let word = name.lowercased()
    if let index = classNames.firstIndex(where: { $0.lowercased() == word }) { return index }
    let meant = FaceClass(word)
    if case .other = meant { return nil }
    return classNames.firstIndex { FaceClass($0) == meant }
  }

  /// For each of `classNames` its place in `names`; nil unless both are the same classes, in whatever order and words.
  public static func order(of classNames: [String], in names: [String]) -> [Int]? {
    let places = classNames.compactMap { index(of: $0, in: names) }
    let isPermutation = places.count == names.count && Set(places).count == names.count
    return isPermutation && classNames.count == names.count ? places : nil
  }

  /// The places of those `names` that mean one of the classes. What one of them is written like, others do not mean.
  public static func places(of classNames: [String], in names: [String]) -> [Int] {
    names.indices.filter {
      guard let place = index(of: names[$0], in: classNames) else { return false }
      return classNames[place] == names[$0] || !names.contains(classNames[place])
    }
  }
}
