import Testing

@testable import FERCore

@Suite struct MemoryPlannerTests {
  @Test(arguments: 0..<200) func buffersAliveTogetherNeverOverlap(seed: UInt64) {
    var random = SeededRandom(seed: seed, 0x90)
    var planner = MemoryPlanner()
    let horizon = 1 + random.integer(below: 30)
    for _ in 0..<1 + random.integer(below: 40) {
      let first = random.integer(below: horizon)
      let index = planner.add(
        floats: random.integer(below: 5) == 0 ? 0 : random.integer(below: 1000), first: first,
        last: first + random.integer(below: horizon))
      if random.integer(below: 4) == 0 {
        planner.extend(
          random.integer(below: index + 1), to: random.integer(below: 2 * horizon),
          floats: random.integer(below: 1500))
      }
    }
    let (offsets, total) = planner.layout()
    for (i, a) in planner.requests.enumerated() {
      #expect(offsets[i] >= 0 && offsets[i] % 16 == 0 && offsets[i] + a.floats <= total)
      for (j, b) in planner.requests.enumerated().dropFirst(i + 1) {
        let meet = a.first <= b.last && b.first <= a.last
        let overlap =
          offsets[i] < offsets[j] + b.floats && offsets[j] < offsets[i] + a.floats
          && a.floats > 0 && b.floats > 0
        #expect(!(meet && overlap), "buffers \(i) and \(j)")
      }
    }
    // No layout is smaller than what is alive at the fullest moment.
    let fullest = (0...3 * horizon).map { time in
      planner.requests.filter { $0.first <= time && time <= $0.last }.reduce(0) { $0 + $1.floats }
    }
    #expect(total >= fullest.max() ?? 0)
    #expect(total <= planner.requests.reduce(0) { $0 + $1.floats })
  }

  @Test func aChainNeedsTwoBuffers() {
    var planner = MemoryPlanner()
    for step in 0..<10 { _ = planner.add(floats: 160, first: step, last: step + 1) }
    #expect(planner.layout().total == 320)
  }

  @Test func extendingMakesABufferLiveLongerAndLarger() {
    var planner = MemoryPlanner()
    let buffer = planner.add(floats: 20, first: 3, last: 4)
    planner.extend(buffer, to: 9, floats: 100)
    planner.extend(buffer, to: 1)
    #expect(planner.requests[0].first == 1)
    #expect(planner.requests[0].last == 9)
    #expect(planner.requests[0].floats == 112)
  }
}
