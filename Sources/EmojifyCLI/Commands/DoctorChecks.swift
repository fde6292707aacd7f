import FERCore
import Foundation

/// What `emojify doctor` tries.
enum DoctorChecks {
  static func all(_ terminal: Terminal) -> [DoctorFinding] {
    [
      cpu(), threads(), memory(), pictures(),
      DoctorFinding(name: "HDF5", status: .ok, found: HDF5File.libraryVersion),
      video(), window(), webServer(), detector(), model(terminal), emoji(), camera(),
      currentFolder(),
    ]
  }

  private static func cpu() -> DoctorFinding {
    let sets = MachineCPU.instructionSets
    let compiled = [
      ("AVX2", CompiledCPU.hasAVX2), ("FMA", CompiledCPU.hasFMA),
      ("AVX-512", CompiledCPU.hasAVX512),
    ].filter(\.1).map(\.0)
    let has = sets.isEmpty ? "" : ", has \(sets.listed)"
    let uses = compiled.isEmpty ? "uses none of them" : "uses \(compiled.listed)"
    let isSlow = sets.contains("AVX2") && sets.contains("FMA") && !CompiledCPU.hasFMA
    return DoctorFinding(
      name: "CPU", status: isSlow ? .warning : .ok,
      found: MachineCPU.name + has + (sets.isEmpty ? "" : "; this program \(uses)"),
      advice: isSlow
        ? "it is several times slower than it could be; build it with 'make build'" : nil)
  }

  private static func threads() -> DoctorFinding {
    let count = ProcessInfo.processInfo.activeProcessorCount
    return DoctorFinding(name: "threads", status: .ok, found: String(count))
  }

  /// What training the default network with its default batch size takes at its peak, with FER-2013 in memory.
  private static let trainingGigabytes = 0.5

  private static func memory() -> DoctorFinding {
    let total = Double(ProcessInfo.processInfo.physicalMemory) / 1e9
    let available = availableMemory() ?? total
    let isLow = available < trainingGigabytes
    return DoctorFinding(
      name: "memory", status: isLow ? .warning : .ok,
      found: "\(NumberText.fixed(available, 1)) of \(NumberText.fixed(total, 1)) GB are free",
      advice: isLow ? "training takes up to half a GB; a smaller --batch-size takes less" : nil)
  }

  /// In gigabytes, as Linux estimates it.
  private static func availableMemory() -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let kilobytes = text.firstMatch(of: /MemAvailable: +(\d+) kB/).flatMap({ Double($0.1) })
    else { return nil }
    return kilobytes * 1024 / 1e9
  }

  /// Writes and reads a picture in each format.
  private static func pictures() -> DoctorFinding {
    attempt(
      "OpenCV", advice: "install OpenCV's image codecs: apt-get install libopencv-imgcodecs-dev"
    ) {
      let picture = try portrait()
      for ending in Image.writableExtensions {
        let bytes = try picture.encoded(as: ending)
        let read = try Image(data: bytes, name: ending)
        guard read.width == picture.width, read.height == picture.height else {
          throw EmojifyError.internalFault("a .\(ending) picture came back in another size")
        }
      }
      let formats = Image.writableExtensions.map { $0.uppercased() }.filter { $0 != "JPG" }
      return "\(OpenCVLibrary.version), reads and writes \(formats.listed)"
    }
  }

  /// Writes a video of some frames and reads it again. Photos need none of it.
  private static func video() -> DoctorFinding {
    attempt(
      "video", failing: .warning,
      advice: "only 'video', 'camera' and 'serve --source' need it: apt-get install "
        + "libopencv-videoio-dev, which brings FFmpeg"
    ) {
      let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("emojify-doctor-\(getpid()).\(VideoWriter.fileExtension)")
      defer { try? FileManager.default.removeItem(at: file) }
      let picture = try portrait()
      var writer = try VideoWriter(
        file: file, name: "a video", framesPerSecond: 25, width: picture.width,
        height: picture.height)
      for _ in 0..<3 { try writer.write(picture) }
      try writer.finish()
      guard let frame = try VideoReader(file: file).next()?.image, frame.width == picture.width
      else { throw EmojifyError.internalFault("a video's frame came back in another size") }
      return "OpenCV's videoio with FFmpeg, writes and reads MP4"
    }
  }

  private static func window() -> DoctorFinding {
    let hasLibrary = PreviewWindow.isAvailable
    return DoctorFinding(
      name: "window", status: hasLibrary ? .ok : .warning,
      found: hasLibrary ? "OpenCV's highgui" : "OpenCV's highgui is not installed",
      advice: hasLibrary ? nil : "only 'camera' needs it: apt-get install libopencv-highgui-dev")
  }

  private static func webServer() -> DoctorFinding {
    let hasTLS = WebServer.hasTLS
    return DoctorFinding(
      name: "libmicrohttpd", status: hasTLS ? .ok : .warning,
      found: WebServer.libraryVersion + (hasTLS ? ", with TLS" : ", without TLS"),
      advice: hasTLS ? nil : "'serve --tls-cert' needs it: apt-get install libmicrohttpd12")
  }

  private static func detector() -> DoctorFinding {
    attempt("face detector", advice: "apt-get install opencv-data") {
      let file = try FaceDetector.cascadeFile()
      let picture = try portrait()
      let detector = try FaceDetector()
      let stopwatch = Stopwatch()
      guard try detector.faces(in: picture).count == 1 else {
        throw EmojifyError.badData("\(file.path): does not find a drawn face")
      }
      let time = NumberText.fixed(stopwatch.seconds * 1e3, 0)
      return "\(file.path), finds a drawn face in \(time) ms"
    }
  }

  /// The model that `predict` would take here.
  private static func model(_ terminal: Terminal) -> DoctorFinding {
    let advice =
      "train one ('emojify train'), or install emojify again: it brings models/best.h5"
    return attempt("model", advice: advice) {
      let file = try ModelChoice.choose(nil, Terminal(quiet: true))
      let classifier = try FaceClassifier(LoadedModel(file, terminal), pool: WorkerPool())
      let picture = try portrait()
      let face = try picture.pixels(region: picture.bounds, as: classifier.format)
      _ = try classifier.probabilities(of: [face])  // the first answer plans the memory
      let stopwatch = Stopwatch()
      let answer = try classifier.probabilities(of: [face])[0]
      let time = NumberText.fixed(stopwatch.seconds * 1e3, 1)
      guard abs(answer.reduce(0, +) - 1) < 1e-3 else {
        throw EmojifyError.badData("\(file.path): its answer is no probabilities")
      }
      return "\(file.path), answers in \(time) ms"
    }
  }

  private static func emoji() -> DoctorFinding {
    attempt("emoji", advice: "install emojify again, or name their folder with --emoji-dir") {
      try EmojiSet(inFolder: nil).folder.path
    }
  }

  private static func camera() -> DoctorFinding {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev")) ?? []
    let devices = names.filter { $0.hasPrefix("video") }.sorted().map { "/dev/" + $0 }
    guard !devices.isEmpty else {
      return DoctorFinding(name: "camera", status: .ok, found: "none, and no command needs one")
    }
    let closed = devices.filter { access($0, R_OK | W_OK) != 0 }
    return DoctorFinding(
      name: "camera", status: closed.isEmpty ? .ok : .warning, found: devices.listed,
      advice: closed.isEmpty
        ? nil
        : "\(closed.listed) cannot be opened: 'sudo usermod -aG video $USER', then log in again")
  }

  private static func currentFolder() -> DoctorFinding {
    let isWritable = access(".", W_OK) == 0
    return DoctorFinding(
      name: "folder", status: isWritable ? .ok : .warning,
      found: FileManager.default.currentDirectoryPath
        + (isWritable ? " can be written to" : " cannot be written to"),
      advice: isWritable ? nil : "train and --emoji write here; go elsewhere or name an --output")
  }

  private static func portrait() throws -> Image {
    let side = 200
    let gray = DrawnFaces.portrait(emotion: .happy, seed: 1, side: side)
    return try Image(width: side, height: side, pixels: gray.flatMap { [$0, $0, $0] })
  }

  /// `check` says what it found, or throws what is missing, which then is `failure`.
  private static func attempt(
    _ name: String, failing failure: DoctorFinding.Status = .missing, advice: String,
    _ check: () throws -> String
  ) -> DoctorFinding {
    do {
      return DoctorFinding(name: name, status: .ok, found: try check())
    } catch {
      return DoctorFinding(name: name, status: failure, found: "\(error)", advice: advice)
    }
  }
}
