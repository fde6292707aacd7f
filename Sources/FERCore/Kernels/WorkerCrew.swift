import CThreads
import Foundation
import Synchronization

/// The threads of a `WorkerPool` and the memory they share with its callers: a handle, copied freely.
///
/// One job at a time. The caller writes the job down and posts its number; threads that see it enter by raising a flag
/// of their own and looking again, and lower the flag when no block is left. The caller does blocks itself, then closes
/// the job and waits for the raised flags only: a thread that the system has not run in time is not waited for.
///
/// Blocks lie in up to eight stripes, each with a counter; a worker begins with its own stripe and then helps with the
/// others. So few threads share a counter, and on the next job a block's data are likely in the same core's cache.
///
/// Every word that one thread writes while others read lies on cache lines of its own.
struct WorkerCrew: @unchecked Sendable {
  let threads: Int
  private let mostStripes: Int
  private let signals: UnsafeMutablePointer<JobSignals>
  private let job: UnsafeMutablePointer<Job>
  private let body: UnsafeMutablePointer<cthreads_closure>
  private let stripes: UnsafeMutablePointer<Stripe>
  // One for each worker; the caller is worker 0.
  private let seats: UnsafeMutablePointer<WorkerSeat>
  private let bells: UnsafeMutablePointer<sem_t>
  private let workers: UnsafeMutablePointer<WorkerThread>

  init(threads: Int) {
    precondition(threads < JobNumber.end, "\(threads) threads")
    self.threads = threads
    mostStripes = min(threads, 8)
    signals = .allocate(capacity: 1)
    signals.initialize(to: JobSignals())
    job = .allocate(capacity: 1)
    body = .allocate(capacity: 1)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    job.initialize(to: Job(patience: Patience(mayWait: threads <= cores)))
    stripes = .allocate(capacity: mostStripes)
    for stripe in 0..<mostStripes { (stripes + stripe).initialize(to: Stripe()) }
    seats = .allocate(capacity: threads)
    bells = .allocate(capacity: threads)
    workers = .allocate(capacity: threads)
    for worker in 0..<threads {
      (seats + worker).initialize(to: WorkerSeat())
      sem_init(bells + worker, 0, 0)
      (workers + worker).initialize(
        to: WorkerThread(crew: self, worker: worker, mayWait: worker < cores))
    }
  }

  /// Ends the threads and gives the memory back. No `run` may be going on.
  func dismiss() {
    signals.pointee.posted.value.store(JobNumber.end, ordering: .sequentiallyConsistent)
    for worker in 1..<job.pointee.started + 1 {
      wake(worker)
      pthread_join(workers[worker].thread, nil)
    }
    for worker in 0..<threads { sem_destroy(bells + worker) }
    signals.deinitialize(count: 1).deallocate()
    job.deinitialize(count: 1).deallocate()
    body.deallocate()
    stripes.deinitialize(count: mostStripes).deallocate()
    seats.deinitialize(count: threads).deallocate()
    bells.deallocate()
    workers.deinitialize(count: threads).deallocate()
  }

  /// Takes the threads for a `run`. False where another one has them, perhaps this thread's own.
  func claim() -> Bool {
    !signals.pointee.taken.value.load(ordering: .relaxed)
      && !signals.pointee.taken.value.exchange(true, ordering: .acquiring)
  }

  /// Does the blocks of a job with the threads claimed before, and gives them back.
  func run(blocks: Int, _ work: (_ worker: Int, _ block: Int) -> Void) {
    let workers = min(threads, blocks)
    if job.pointee.started < workers - 1 { start(workers - 1) }
    let count = min(mostStripes, workers)
    lend(work, body)
    job.pointee.stripes = count
    for stripe in 0..<count {
      stripes[stripe].end = blocks * (stripe + 1) / count
      stripes[stripe].next.store(blocks * stripe / count, ordering: .relaxed)
    }
    job.pointee.number &+= 1
    let number = JobNumber.make(job.pointee.number, workers: workers)
    signals.pointee.posted.value.store(number, ordering: .sequentiallyConsistent)
    wakeBelow(0, workers: workers)
    share(0, workers: workers)
    signals.pointee.posted.value.store(
      JobNumber.make(job.pointee.number, workers: 0), ordering: .sequentiallyConsistent)
    waitForWorkers(workers)
    signals.pointee.taken.value.store(false, ordering: .releasing)
  }

  /// Does blocks until none is left: the worker's own stripe first, then the others.
  private func share(_ worker: Int, workers: Int) {
    let count = job.pointee.stripes
    let first = worker * count / workers
    for turn in 0..<count {
      let stripe = stripes + (first + turn) % count
      let end = stripe.pointee.end
      while stripe.pointee.next.load(ordering: .relaxed) < end {
        let block = stripe.pointee.next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard block < end else { break }
        cthreads_call(body, worker, block)
      }
    }
  }
}

// The caller's side of starting, waking and waiting.
extension WorkerCrew {
  /// Starts threads until there are `count`; the caller's own is not one. Where the system gives no more the pool works
  /// with those it has.
  private func start(_ count: Int) {
    // Signals are the program's, not a worker's.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    while job.pointee.started < count {
      let worker = job.pointee.started + 1
      let status = pthread_create(
        &workers[worker].thread, nil,
        { argument in
          if let thread = argument?.assumingMemoryBound(to: WorkerThread.self).pointee {
            thread.crew.work(as: thread.worker, Patience(mayWait: thread.mayWait))
          }
          return nil
        }, workers + worker)
      guard status == 0 else { return }
      job.pointee.started = worker
    }
  }

  /// Wakes the sleepers among `worker`'s two children in the tree of workers: nobody wakes more than two.
  private func wakeBelow(_ worker: Int, workers: Int) {
    for child in 2 * worker + 1..<2 * worker + 3 where child < workers { wake(child) }
  }

  private func wake(_ worker: Int) {
    guard seats[worker].asleep.load(ordering: .sequentiallyConsistent),
      seats[worker].asleep.exchange(false, ordering: .sequentiallyConsistent)
    else { return }
    sem_post(bells + worker)
  }

  /// Returns when no worker is inside the closed job.
  private func waitForWorkers(_ workers: Int) {
    var patience = job.pointee.patience
    defer { job.pointee.patience = patience }
    func allOut() -> Bool {
      for worker in 1..<workers
      where seats[worker].inside.load(ordering: .sequentiallyConsistent) {
        return false
      }
      return true
    }
    while !patience.spin(until: allOut) {
      signals.pointee.waiting.value.store(true, ordering: .sequentiallyConsistent)
      if allOut(), signals.pointee.waiting.value.exchange(false, ordering: .sequentiallyConsistent)
      {
        return
      }
      Self.sleep(bells)
    }
  }

  private static func sleep(_ semaphore: UnsafeMutablePointer<sem_t>) {
    while sem_wait(semaphore) != 0 {}  // a signal may interrupt it
  }
}

// The threads' side.
extension WorkerCrew {
  private func work(as worker: Int, _ patience: Patience) {
    var patience = patience
    var seen = 0
    while true {
      waitForJob(worker, after: seen, &patience)
      seats[worker].inside.store(true, ordering: .sequentiallyConsistent)
      // The job may be another one by now, or closed: what is posted now stays until the flag is lowered.
      seen = signals.pointee.posted.value.load(ordering: .sequentiallyConsistent)
      if seen == JobNumber.end { return }
      let workers = JobNumber.workers(seen)
      if worker < workers {
        wakeBelow(worker, workers: workers)
        share(worker, workers: workers)
      }
      seats[worker].inside.store(false, ordering: .sequentiallyConsistent)
      if signals.pointee.waiting.value.load(ordering: .sequentiallyConsistent),
        signals.pointee.waiting.value.exchange(false, ordering: .sequentiallyConsistent)
      {
        sem_post(bells)
      }
    }
  }

  /// Returns when a job that wants `worker` is posted and is not the one `seen`.
  private func waitForJob(_ worker: Int, after seen: Int, _ patience: inout Patience) {
    func isWanted() -> Bool {
      let posted = signals.pointee.posted.value.load(ordering: .sequentiallyConsistent)
      return posted != seen && worker < JobNumber.workers(posted)
    }
    while !patience.spin(until: isWanted) {
      seats[worker].asleep.store(true, ordering: .sequentiallyConsistent)
      // Whoever takes the flag down first: this thread, or one that posts to the semaphore then.
      if !isWanted() || !seats[worker].asleep.exchange(false, ordering: .sequentiallyConsistent) {
        Self.sleep(bells + worker)
      }
      patience.woke()
    }
  }
}

/// What is posted: a number that grows, and how many workers are wanted, 0 where the job is closed.
private enum JobNumber {
  static func make(_ number: Int, workers: Int) -> Int { number << 16 | workers }
  static func workers(_ posted: Int) -> Int { posted & 0xFFFF }
  /// Wants every worker, to go home.
  static let end = 0xFFFF
}

/// A value on cache lines of its own: 128 bytes, because the CPU fetches lines in pairs.
private struct Apart<Value: ~Copyable>: ~Copyable {
  let value: Value
  private let gap = CacheGap()

  init(_ value: consuming Value) { self.value = value }
}

private struct CacheGap {
  private let words: (SIMD8<Int>, SIMD8<Int>) = (.zero, .zero)
}

/// What callers and workers tell each other. Nothing here is ever borrowed to be changed, which the thread sanitizer
/// takes for a write; hence the plain variables lie elsewhere.
private struct JobSignals: ~Copyable {
  let taken = Apart(Atomic(false))
  let posted = Apart(Atomic(0))
  /// The caller sleeps until a worker leaves the job.
  let waiting = Apart(Atomic(false))
}

/// Written only by who has claimed the crew, and never while a worker is inside.
private struct Job {
  var stripes = 0
  var number = 0
  /// Threads that run.
  var started = 0
  var patience: Patience
  private let gap = CacheGap()

  init(patience: Patience) { self.patience = patience }
}

private struct WorkerSeat: ~Copyable {
  /// In the job, and reading what its caller has written.
  let inside = Atomic(false)
  let asleep = Atomic(false)
  private let gap = CacheGap()
}

/// A thread, and what it is told at its start.
private struct WorkerThread {
  var thread = pthread_t()
  let crew: WorkerCrew
  let worker: Int
  let mayWait: Bool
}

/// A share of a job's blocks, in order.
private struct Stripe: ~Copyable {
  let next = Atomic(0)
  var end = 0
  private let gap = CacheGap()
}

/// Stores a closure's two words. It must not be called after the function that got it returns.
@_silgen_name("cthreads_lend")
private func lend(
  _ work: (_ worker: Int, _ block: Int) -> Void, _ target: UnsafeMutablePointer<cthreads_closure>)
