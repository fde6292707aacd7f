import Foundation
import Testing

@testable import EmojifyCLI

@Suite struct DoctorTests {
  private func findings(_ environment: [String: String]) throws -> (Int32, [String: String]) {
    let run = try Binary.run("doctor", "--json", environment: environment)
    let values = try run.json([[String: String]].self)
    let pairs = values.compactMap { value in
      value["name"].flatMap { name in value["status"].map { (name, $0) } }
    }
    return (run.exitCode, Dictionary(uniqueKeysWithValues: pairs))
  }

  @Test func hereNothingIsMissing() throws {
    let (code, found) = try findings([:])
    #expect(code == 0)
    let names = [
      "threads", "OpenCV", "HDF5", "video", "libmicrohttpd", "face detector", "model", "emoji",
    ]
    for name in names {
      #expect(found[name] == "ok", "\(name)")
    }
    #expect(found.keys.contains("CPU") && found.keys.contains("camera"))
  }

  @Test func aMissingDetectorIsFoundWithWhatToInstall() throws {
    try withTemporaryFolder { folder in
      let (code, found) = try findings(["EMOJIFY_CASCADE_DIR": folder.path])
      #expect(code == 66 && found["face detector"] == "missing" && found["model"] == "ok")
      let text = try Binary.run("doctor", environment: ["EMOJIFY_CASCADE_DIR": folder.path])
      #expect(text.exitCode == 66)
      #expect(text.output.contains("\nmissing  face detector  \(folder.path): no haarcascade"))
      #expect(text.output.contains("→ apt-get install opencv-data\n"))
    }
  }

  /// The Debian package only recommends it. A file that is no library stands in its way.
  @Test func photosDoNotNeedVideos() throws {
    try withTemporaryFolder { folder in
      let version = OpenCVLibrary.version.split(separator: ".").compactMap { Int($0) }
      let name = String(format: "libopencv_videoio.so.%d%02d", version[0], version[1])
      try Data("no library".utf8).write(to: folder.appendingPathComponent(name))
      let others = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"].map { ":" + $0 } ?? ""
      let without = ["LD_LIBRARY_PATH": folder.path + others]
      let (code, found) = try findings(without)
      #expect(code == 0 && found["video"] == "warning" && found["OpenCV"] == "ok")
      let text = try Binary.run("doctor", environment: without)
      #expect(
        text.exitCode == 0 && text.output.contains("OpenCV's library \(name) is not installed"))
      #expect(text.output.contains("→ only 'video', 'camera' and 'serve --source' need it"))
    }
  }

  @Test func aBrokenModelIsFound() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("broken.h5")
      try Data("no model".utf8).write(to: file)
      let (code, found) = try findings(["EMOJIFY_MODEL": file.path])
      #expect(code == 66 && found["model"] == "missing" && found["face detector"] == "ok")
    }
  }
}
