extension RandomAccessCollection where Element == Float, Index == Int {
  /// Where the largest element is: the first of equals, and the first where none is larger than it, as where that is not a
  /// number.
  public var placeOfLargest: Int {
    var best = startIndex
    for place in indices where self[place] > self[best] { best = place }
    return best
  }
}
