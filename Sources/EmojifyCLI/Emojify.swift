@main
struct Emojify {
  static func main() {
  }
}
