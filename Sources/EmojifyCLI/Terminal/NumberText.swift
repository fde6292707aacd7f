import Foundation

/// Numbers as people read them.
enum NumberText {
  /// `2,345,735`
  static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits.removeLast(3)
    }
    groups.insert(digits[...], at: 0)
    return (number < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  /// `63.2%` of a share between 0 and 1.
  static func percent(_ share: some BinaryFloatingPoint, decimals: Int = 1) -> String {
    fixed(Double(share) * 100, decimals) + "%"
  }

  static func fixed(_ number: some BinaryFloatingPoint, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", Double(number))
  }

  /// `2,134`, a speed in whole units.
  static func rate(_ perSecond: Double) -> String {
    perSecond.isFinite && perSecond < 1e9 ? grouped(Int(perSecond.rounded())) : "?"
  }

  /// `1 face`, `3 faces`.
  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(grouped(number)) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// A probability or score with six decimals: what a Float is good for.
  static func rounded(_ number: some BinaryFloatingPoint) -> Double {
    (Double(number) * 1e6).rounded() / 1e6
  }
}
