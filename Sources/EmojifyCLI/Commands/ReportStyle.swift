/// How the evaluation's page looks.
enum ReportStyle {
  static let sheet = """
    :root { color-scheme: light dark; --ground: #ffffff; --ink: #1b1f24; --faint: #59636e; --edge: #dfe3e8; --tile: #f5f7f9 }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #14171c; --ink: #e6e9ee; --faint: #9aa4b0; --edge: #2c323b; --tile: #1c2128 }
    }
    * { box-sizing: border-box }
    body { margin: 0; background: var(--ground); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif }
    main { max-width: 1000px; margin: 0 auto; padding: 24px 16px 48px }
    h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere }
    h2 { font-size: 1.15rem; margin: 40px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--edge) }
    header p { margin: 0 0 16px; color: var(--faint); overflow-wrap: anywhere }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px }
    .tile { background: var(--tile); border: 1px solid var(--edge); border-radius: 10px; padding: 12px 14px }
    .tile span, .tile small { display: block; color: var(--faint); font-size: .8rem }
    .tile strong { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums }
    .plots { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start }
    .plot { margin: 0; max-width: 100%; overflow-x: auto }
    .plot svg { max-width: 100%; height: auto; display: block }
    .scroll { overflow-x: auto }
    table { border-collapse: collapse; margin: 12px 0; font-variant-numeric: tabular-nums }
    th, td { padding: 5px 14px 5px 0; text-align: left; border-bottom: 1px solid var(--edge); font-size: .92rem }
    th { color: var(--faint); font-weight: 500 }
    .n { text-align: right }
    .faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 14px }
    .face { margin: 0; font-size: .8rem; line-height: 1.35 }
    .face img { display: block; width: 96px; height: 96px; border-radius: 8px; margin-bottom: 4px }
    pre { background: var(--tile); border: 1px solid var(--edge); border-radius: 8px; padding: 12px;
      overflow-x: auto; font-size: .85rem; white-space: pre-wrap; overflow-wrap: anywhere }
    code { font-size: .9em }
    summary { cursor: pointer; color: var(--faint) }
    footer { margin-top: 48px; color: var(--faint); font-size: .8rem }
    @media print { details { display: none } }
    """
}
