// swift-tools-version: 6.0
import PackageDescription

// The CPU comes from EMOJIFY_MARCH (the Makefile sets it to `native`). Without it FERCore carries no unsafe flag, so
// that another package can depend on it. `-Xcc -march` reaches Swift's own code generation; CCPU's header turns the
// flags into constants the kernels read.
let march = Context.environment["EMOJIFY_MARCH"].flatMap { $0.isEmpty ? nil : $0 }
let cpuFlags: [SwiftSetting] = march.map { [.unsafeFlags(["-Xcc", "-march=\($0)"])] } ?? []

let package = Package(
  name: "emojify",
  products: [
    .executable(name: "emojify", targets: ["EmojifyCLI"]),
    .library(name: "FERCore", targets: ["FERCore"]),
  ],
  dependencies: [],
  targets: [
    .executableTarget(
      name: "EmojifyCLI",
      dependencies: ["FERCore", "COpenCV", "CMicroHTTPD", "CCPU"],
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "FERCore",
      dependencies: ["CHDF5", "CCPU", "CThreads"],
      swiftSettings: cpuFlags),
    .target(
      name: "CHDF5", path: "Sources/CShims/CHDF5",
      linkerSettings: [.linkedLibrary("hdf5_serial")]),
    .target(
      name: "COpenCV", path: "Sources/CShims/COpenCV",
      // OpenCV's headers include each other as <opencv2/…>, so Debian's folder must be on the path. Only the
      // executable uses this target; FERCore stays free of unsafe flags.
      cxxSettings: [.unsafeFlags(["-isystem", "/usr/include/opencv4"])],
      linkerSettings: [
        .linkedLibrary("opencv_core"), .linkedLibrary("opencv_imgproc"),
        .linkedLibrary("opencv_imgcodecs"), .linkedLibrary("opencv_objdetect"),
      ]),
    .target(
      name: "CMicroHTTPD", path: "Sources/CShims/CMicroHTTPD",
      linkerSettings: [.linkedLibrary("microhttpd")]),
    .target(name: "CCPU", path: "Sources/CShims/CCPU"),
    .target(name: "CThreads", path: "Sources/CShims/CThreads"),
    .testTarget(
      name: "FERCoreTests",
      dependencies: ["FERCore", "EmojifyCLI", "AllocationProbe"],
      exclude: ["Fixtures"]),
    // A program of its own: its malloc counts, and no other test runs in its process.
    .executableTarget(
      name: "AllocationProbe", dependencies: ["FERCore", "CMallocCount"],
      path: "Tests/AllocationProbe/Probe"),
    .target(name: "CMallocCount", path: "Tests/AllocationProbe/CMallocCount"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
