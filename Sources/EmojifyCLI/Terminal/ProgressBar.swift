import Foundation

/// One line on stderr that fills from left to right; on anything but a terminal it stays silent.
struct ProgressBar {
  private let terminal: Terminal
  var label: String
  private var lastDrawn = -Double.infinity
  private static let secondsBetweenDrawings = 0.1

  init(_ terminal: Terminal, label: String) {
    self.terminal = terminal
    self.label = label
  }

  /// Shows `fraction` (0 to 1) and what to say of it, at most ten times a second.
  mutating func update(_ fraction: Double, _ text: String) {
    guard isDue() || (fraction >= 1 && terminal.isInteractive) else { return }
    terminal.redraw(Self.line(label, fraction, text, width: terminal.width - 1))
  }

  /// Shows what to say where nobody knows how much is still to come.
  mutating func update(_ text: String) {
    guard isDue() else { return }
    terminal.redraw(String("\(label) \(text)".prefix(max(0, terminal.width - 1))))
  }

  private mutating func isDue() -> Bool {
    guard terminal.speaks, terminal.isInteractive else { return false }
    let now = ProcessInfo.processInfo.systemUptime
    guard now - lastDrawn >= Self.secondsBetweenDrawings else { return false }
    lastDrawn = now
    return true
  }

  /// Clears the line for whatever is printed next.
  func clear() { terminal.redraw("") }

  /// `label ━━━━────  text`, cut to `width` columns.
  static func line(_ label: String, _ fraction: Double, _ text: String, width: Int) -> String {
    let room = width - label.displayWidth - text.displayWidth - 3
    guard room >= 5 else { return String("\(label) \(text)".prefix(max(0, width))) }
    let cells = min(room, 30)
    let filled = Int((min(max(fraction, 0), 1) * Double(cells)).rounded(.down))
    let bar =
      String(repeating: "━", count: filled) + String(repeating: "─", count: cells - filled)
    return "\(label) \(bar)  \(text)"
  }

  /// `42 s`, `3:07`, `1:02:09`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e6 else { return "?" }
    let total = Int(seconds.rounded())
    if total < 60 { return "\(total) s" }
    let minutes = String(format: "%d:%02d", total / 60, total % 60)
    guard total >= 3600 else { return minutes }
    return String(format: "%d:%02d:%02d", total / 3600, total / 60 % 60, total % 60)
  }
}
