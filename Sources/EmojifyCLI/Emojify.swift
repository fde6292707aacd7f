import CCPU
import FERCore
import Foundation

@main
struct Emojify {
  static func main() {
    // Before anything else: a binary built for another CPU would die of an illegal instruction.
    if let feature = missingCPUFeature {
      Terminal.writeToStandardError(
        "emojify: this binary was built for CPUs with \(feature), which this one lacks; "
          + "build it here with 'make build'\n")
      exit(70)
    }
    // The next file to be opened would get a closed descriptor's number, and notes would go into it. What takes its place can be
    // read or written as little as the closed one.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    // A parent may start programs from a thread that blocks signals, and a blocked SIGTERM could end nothing.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    // `emojify … | head -1` ends quietly, even under a parent that ignores SIGPIPE.
    signal(SIGPIPE, SIG_DFL)
    exit(run(Array(CommandLine.arguments.dropFirst())))
  }

  /// Runs one command line and returns the process exit code.
  static func run(_ words: [String]) -> Int32 {
    do {
      try CommandChooser(commands: AllCommands.list, version: AllCommands.version).run(words)
      try Terminal.flush()
      return 0
    } catch let end as EarlyEnd {
      fflush(nil)
      return end.exitCode
    } catch let error as EmojifyError {
      return fail(error.description, error.exitCode)
    } catch {
      return fail("internal fault: \(error)", 70)
    }
  }

  /// An instruction set that the library was compiled for and this CPU lacks.
  private static var missingCPUFeature: String? {
    ccpu_missing_feature(
      CompiledCPU.hasAVX2 ? 1 : 0, CompiledCPU.hasFMA ? 1 : 0, CompiledCPU.hasAVX512 ? 1 : 0
    ).map { String(cString: $0) }
  }

  private static func fail(_ message: String, _ exitCode: Int32) -> Int32 {
    fflush(nil)
    Terminal.writeToStandardError("emojify: \(message)\n")
    return exitCode
  }
}
