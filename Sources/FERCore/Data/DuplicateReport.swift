/// What copies of the same picture do to a data set: how many there are, whether one part of it tells
/// about another, and whether their labels agree.
public struct DuplicateReport: Sendable {
  /// Pictures that two splits share.
  public struct Shared: Sendable, Equatable {
    public let first: FaceDataset.Split
    public let second: FaceDataset.Split
    /// Images of `first` whose picture `second` holds too.
    public let firstCount: Int
    /// Images of `second` whose picture `first` holds too.
    public let secondCount: Int
  }

  /// Images with equal pixels, as `FaceDataset.duplicateGroups()` gives them.
  public let groups: [[Int]]
  /// Images beyond the first of each group: what could go and leave every picture once.
  public let copyCount: Int
  /// The same within each split alone, in the order of `FaceDataset.Split.allCases`.
  public let copiesWithin: [Int]
  /// Every pair of splits, Training with PublicTest first.
  public let shared: [Shared]
  /// The groups whose images do not all have one label: places in `groups`.
  public let disagreeing: [Int]
  /// Images in groups that disagree.
  public let disagreeingImageCount: Int

  public init(_ dataset: FaceDataset) {
    let groups = dataset.duplicateGroups()
    let splits = FaceDataset.Split.allCases
    /// Images of each split in each group.
    let counts = groups.map { group in
      splits.map { split in group.reduce(0) { $0 + (dataset.splits[$1] == split ? 1 : 0) } }
    }
    self.groups = groups
    copyCount = groups.reduce(0) { $0 + $1.count - 1 }
    copiesWithin = splits.indices.map { split in
      counts.reduce(0) { $0 + max(0, $1[split] - 1) }
    }
    shared = splits.indices.flatMap { first in
      splits.indices.dropFirst(first + 1).map { second in
        let both = counts.filter { $0[first] > 0 && $0[second] > 0 }
        return Shared(
          first: splits[first], second: splits[second],
          firstCount: both.reduce(0) { $0 + $1[first] },
          secondCount: both.reduce(0) { $0 + $1[second] })
      }
    }
    disagreeing = groups.indices.filter { index in
      Set(groups[index].map { dataset.labels[$0] }).count > 1
    }
    disagreeingImageCount = disagreeing.reduce(0) { $0 + groups[$1].count }
  }
}
