import Foundation

/// Hands elements from one thread to another, in order and a few at a time: who is faster waits.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let limit: Int
  private var elements: [Element] = []
  private var isFinished = false

  init(limit: Int) { self.limit = limit }

  /// Waits for room. False: nobody takes elements any more.
  func push(_ element: Element) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while elements.count >= limit, !isFinished { condition.wait() }
    guard !isFinished else { return false }
    elements.append(element)
    condition.broadcast()
    return true
  }

  /// Waits for an element; nil after the last.
  func pop() -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty, !isFinished { condition.wait() }
    guard !elements.isEmpty else { return nil }
    let first = elements.removeFirst()
    condition.broadcast()
    return first
  }

  /// No more will come; what is there is still handed out.
  func finish() {
    condition.lock()
    isFinished = true
    condition.broadcast()
    condition.unlock()
  }

  /// Nobody wants what is there.
  func abandon() {
    condition.lock()
    isFinished = true
    elements = []
    condition.broadcast()
    condition.unlock()
  }
}
