import FERCore
import Foundation
import Testing

@testable import EmojifyCLI

/// `emojify video` and `camera` as a user runs them, on videos of drawn faces.
@Suite(.serialized) struct VideoCommandTests {
  private static let ffprobe = program("ffprobe")
  private static let ffmpeg = program("ffmpeg")

  private static func program(_ name: String) -> String? {
    ["/usr/bin/\(name)", "/usr/local/bin/\(name)"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  @Test func aVideoIsAnnotatedAndItsTimelineFollowsTheFaces() throws {
    try withTemporaryFolder { folder in
      try MovingPortraits.write(to: folder.appendingPathComponent("in.mp4"), frames: 45)
      let run = try Binary.run(
        "video", "in.mp4", "-o", "out.mp4", "--emoji", "--side-by-side", "--timeline", "t.csv",
        "--plot", "p.svg", "--json", in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("wrote out.mp4\nwrote t.csv\nwrote p.svg\n45 frames, 2 faces, "))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["in.mp4", "out.mp4", "p.svg", "t.csv"])

      let reader = try VideoReader(file: folder.appendingPathComponent("out.mp4"))
      #expect(reader.frameCount == 45 && reader.framesPerSecond == 20)
      let first = try #require(try reader.next())
      #expect((first.image.width, first.image.height) == (480 + 180, 240))

      let report = try run.json()
      #expect(report["frames"] as? Int == 45)
      #expect((report["faces"] as? [[String: Any]])?.compactMap { $0["face"] as? Int } == [1, 2])

      let table = try String(contentsOf: folder.appendingPathComponent("t.csv"), encoding: .utf8)
      let lines = table.split(separator: "\n")
      #expect(
        lines[0]
          == "time_s,frame,face,x,y,w,h,emotion,score,angry,disgust,fear,happy,sad,surprise,neutral"
      )
      let rows = lines.dropFirst().map { $0.split(separator: ",").map(String.init) }
      #expect(rows.count > 80 && rows.allSatisfy { $0.count == 16 })
      for row in rows {
        let numbers = row.compactMap(Double.init)  // all but the emotion
        let (time, frame, face) = (numbers[0], Int(numbers[1]), Int(numbers[2]))
        #expect(abs(time - Double(frame) / 20) < 2e-3)
        let corner = MovingPortraits.corners(min(frame, 39))[face - 1]
        let middle = (numbers[3] + numbers[5] / 2, numbers[4] + numbers[6] / 2)
        // A portrait's face is near its middle.
        #expect(abs(middle.0 - Double(corner.x + 80)) < 30, "\(row)")
        #expect(abs(middle.1 - Double(corner.y + 80)) < 40, "\(row)")
        #expect(abs(numbers[8...].reduce(0, +) - 1) < 1e-4)
      }
    }
  }

  @Test(.enabled(if: ffprobe != nil, "ffprobe is not here"))
  func ffprobeAgreesOnFramesAndDuration() throws {
    try withTemporaryFolder { folder in
      try MovingPortraits.write(to: folder.appendingPathComponent("in.mp4"), frames: 50)
      let run = try Binary.run("video", "in.mp4", "--every", "3", in: folder)
      try #require(run.exitCode == 0, "\(run.errors)")
      let probe = try Binary.run(
        [
          "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries",
          "stream=nb_read_frames,duration,width,height", "-of", "csv=p=0", "in-emojify.mp4",
        ], in: folder, program: try #require(Self.ffprobe))
      #expect(probe.output == "480,240,2.500000,50\n")
      #expect(probe.errors == "")
    }
  }

  @Test(.enabled(if: ffmpeg != nil, "ffmpeg is not here"))
  func aCopyWithoutTheSoundSaysSo() throws {
    try withTemporaryFolder { folder in
      try MovingPortraits.write(to: folder.appendingPathComponent("still.mp4"), frames: 10)
      for name in ["loud.mp4", "loud.mkv", "loud.mpg"] {
        let made = try Binary.run(
          [
            "-v", "error", "-i", "still.mp4", "-f", "lavfi", "-i", "sine=duration=0.5", "-r", "25",
            name,
          ], in: folder, program: try #require(Self.ffmpeg))
        try #require(made.exitCode == 0, "\(made.errors)")
        let run = try Binary.run("video", name, "-o", "out.mp4", in: folder)
        #expect(
          run.errors.contains("out.mp4 is silent: the sound of \(name) is not copied\n"),
          "\(run.errors)")
        // Who wants no copy need not know.
        let summary = try Binary.run("video", name, "--summary", in: folder)
        #expect(!summary.errors.contains("sound"), "\(summary.errors)")
      }
      let still = try Binary.run("video", "still.mp4", in: folder)
      #expect(still.exitCode == 0 && !still.errors.contains("sound"), "\(still.errors)")
    }
  }

  @Test func otherResultsWriteNoVideo() throws {
    try withTemporaryFolder { folder in
      try MovingPortraits.write(to: folder.appendingPathComponent("in.mp4"), frames: 6)
      let run = try Binary.run("video", "in.mp4", "--summary", "--quiet", in: folder)
      #expect(run.exitCode == 0 && run.errors == "")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == 6)
      #expect(lines[0].hasPrefix("face") && lines[0].hasSuffix("neutral"))
      #expect(lines[2].hasPrefix("1         0.3 s") && lines[5].hasPrefix("audience  0.6 s"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in.mp4"])
      // The same without a face.
      try MovingPortraits.write(
        to: folder.appendingPathComponent("none.mp4"), frames: 3, people: 0)
      let none = try Binary.run("video", "none.mp4", "--summary", in: folder)
      #expect(none.exitCode == 0 && none.output.contains("audience  0.0 s"))
      #expect(none.errors.contains("3 frames, 0 faces"))
    }
  }

  @Test func wrongInputsAreOneLineAndLeaveNothing() throws {
    try withTemporaryFolder { folder in
      try Data("no video".utf8).write(to: folder.appendingPathComponent("bad.mp4"))
      let cases: [([String], Int32, String)] = [
        (["video", "bad.mp4"], 65, "emojify: bad.mp4: not a video that can be read\n"),
        (["video", "none.mp4"], 66, "emojify: none.mp4: no such file\n"),
        (
          ["video", "bad.mp4", "-o", "x.avi"], 64,
          "emojify: x.avi: videos are written as MP4, expected a name ending in .mp4\n"
        ),
        (
          ["video", "bad.mp4", "--plot", "x.png", "--summary"], 64,
          "emojify: x.png: charts are written as SVG, expected a name ending in .svg\n"
        ),
        (["camera", "bad.mp4"], 66, "emojify: window: there is no X display\n"),
        (["camera", "77"], 66, "emojify: camera 77: there is no such camera (no /dev/video77)\n"),
      ]
      try MovingPortraits.write(to: folder.appendingPathComponent("good.mp4"), frames: 2)
      for (words, exitCode, message) in cases {
        let words = words == ["camera", "bad.mp4"] ? ["camera", "good.mp4"] : words
        let run = try Binary.run(
          words, in: folder, environment: ["DISPLAY": "", "WAYLAND_DISPLAY": ""])
        #expect(run.exitCode == exitCode, "\(words)")
        #expect(run.errors == message && run.output == "", "\(words)")
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["bad.mp4", "good.mp4"])
    }
  }

  @Test func controlCLeavesAVideoThatPlays() throws {
    try withTemporaryFolder { folder in
      // So long that nobody waits for its end.
      try MovingPortraits.write(to: folder.appendingPathComponent("in.mp4"), frames: 6000)
      let process = try Binary.start(["video", "in.mp4", "-o", "out.mp4"], in: folder)
      let isBegun = { () -> Bool in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.contains { $0.hasPrefix(".out") }
      }
      let deadline = Date() + 60
      while !isBegun(), Date() < deadline { usleep(20_000) }
      usleep(500_000)
      process.interrupt()
      process.waitUntilExit()
      #expect(process.terminationStatus == 130)
      let reader = try VideoReader(file: folder.appendingPathComponent("out.mp4"))
      let frames = try #require(reader.frameCount)
      #expect(frames > 0 && frames < 6000)
      var read = 0
      while try reader.next() != nil { read += 1 }
      #expect(read == frames)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["in.mp4", "out.mp4"])
    }
  }
}
