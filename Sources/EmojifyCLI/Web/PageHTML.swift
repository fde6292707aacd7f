enum PageHTML { static let text = "<!doctype html>" }
