/// The page's looks: one column on a phone, two on a desk; light and dark as the system is.
enum PageStyle {
  static let text = #"""
    :root {
      color-scheme: light dark;
      --paper: #f4f2ee; --card: #ffffff; --ink: #1d2127; --faint: #5d6673; --line: #e2ded6;
      --accent: #b45309; --accent-ink: #ffffff; --stage: #16191e; --shadow: 0 1px 2px #0001, 0 8px 24px #00000012;
      --angry: #dc4038; --disgust: #6b9e33; --fear: #8a68d6; --happy: #eda413; --sad: #3b82d6;
      --surprise: #ef7329; --neutral: #929aa6; --contempt: #1f9c92;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #121418; --card: #1c2026; --ink: #eceef1; --faint: #a2abb8; --line: #303641;
        --accent: #f5b53d; --accent-ink: #231700; --stage: #0b0d10; --shadow: none;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0 auto; padding: 0 20px 24px; max-width: 1180px; background: var(--paper); color: var(--ink);
      font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    }
    header { display: flex; align-items: center; gap: 8px 18px; padding: 18px 0 16px; flex-wrap: wrap; }
    h1 { display: flex; align-items: center; gap: 10px; margin: 0; font-size: 26px; letter-spacing: -.02em; }
    .tag { margin: 0; color: var(--faint); flex: 1 1 200px; }
    h2 { margin: 0; font-size: 17px; }
    main { display: grid; grid-template-columns: minmax(0, 1.75fr) minmax(280px, 1fr); gap: 18px; align-items: stretch; }
    .card {
      background: var(--card); border: 1px solid var(--line); border-radius: 16px; padding: 16px;
      box-shadow: var(--shadow); min-width: 0;
    }
    .wide { grid-column: 1 / -1; }
    .heading { display: flex; align-items: center; justify-content: space-between; gap: 10px; flex-wrap: wrap; }
    #frame {
      position: relative; background: var(--stage); border-radius: 12px; overflow: hidden; aspect-ratio: 4 / 3;
      max-height: 68vh; width: 100%;
    }
    #frame.over { outline: 3px solid var(--accent); outline-offset: -3px; }
    #view, #stream { width: 100%; height: 100%; object-fit: contain; display: block; }
    #stream { position: absolute; inset: 0; }
    [hidden] { display: none !important; }
    #invite {
      position: absolute; inset: 0; display: flex; flex-direction: column; align-items: center; justify-content: center;
      text-align: center; color: #cfd5de; padding: 16px; cursor: pointer;
    }
    #invite p { margin: 2px 0; }
    #invite strong { color: #fff; font-size: 20px; }
    .row { display: flex; align-items: end; gap: 10px; margin-bottom: 14px; }
    #speed {
      position: absolute; right: 10px; top: 10px; background: #000a; color: #fff; border-radius: 99px; padding: 2px 10px;
      font-size: 13px; font-variant-numeric: tabular-nums;
    }
    #message { min-height: 1.5em; margin: 10px 2px; color: var(--faint); }
    #message.warning { color: var(--accent); font-weight: 600; }
    .controls { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; }
    button, select {
      font: inherit; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 10px;
      padding: 8px 14px; min-height: 42px; cursor: pointer;
    }
    button:hover:enabled { border-color: var(--faint); }
    button.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); font-weight: 600; }
    button:disabled { opacity: .45; cursor: default; }
    :focus-visible, input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
    .model { color: var(--faint); }
    .switch { display: flex; border: 1px solid var(--line); border-radius: 10px; padding: 3px; margin: 0; }
    .switch label { cursor: pointer; position: relative; }
    .switch input { position: absolute; opacity: 0; inset: 0; margin: 0; }
    .switch span { display: block; padding: 5px 12px; border-radius: 7px; color: var(--faint); }
    .switch input:checked + span { background: var(--ink); color: var(--card); }
    .tick { display: flex; align-items: center; gap: 7px; padding: 0 6px; min-height: 42px; cursor: pointer; }
    .tick input { width: 18px; height: 18px; accent-color: var(--accent); }
    #chips { display: flex; gap: 6px; flex-wrap: wrap; }
    #chips button { padding: 2px 11px; min-height: 30px; border-radius: 99px; font-size: 14px; }
    #chips button[aria-pressed="true"] { background: var(--ink); color: var(--card); border-color: var(--ink); }
    #verdict { display: flex; align-items: center; gap: 14px; min-height: 84px; }
    #verdict p { margin: 0; }
    #verdict-name { font-size: 24px; font-weight: 650; letter-spacing: -.01em; }
    #verdict-detail { color: var(--faint); }
    #bars { list-style: none; margin: 6px 0 0; padding: 0; display: grid; gap: 11px; }
    #bars li {
      display: grid; grid-template-columns: 28px 74px 1fr 48px; align-items: center; gap: 10px; font-size: 15px;
    }
    #bars img { display: block; }
    #bars .track { height: 12px; border-radius: 99px; background: var(--line); overflow: hidden; }
    #bars .fill { height: 100%; width: 100%; border-radius: 99px; transform: translateX(-100%); transition: transform .18s; }
    #bars .value { text-align: right; color: var(--faint); font-variant-numeric: tabular-nums; }
    #bars li.best { font-weight: 650; }
    #bars li.best .value { color: var(--ink); }
    #timeline { width: 100%; height: 190px; display: block; margin: 12px 0 8px; border-radius: 10px; }
    #legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; margin: 0; font-size: 14px; }
    #legend li { display: flex; align-items: center; gap: 6px; }
    #legend i { width: 12px; height: 12px; border-radius: 4px; }
    #summary { margin: 8px 0 0; color: var(--faint); font-size: 14px; }
    footer { padding: 18px 2px 0; color: var(--faint); font-size: 14px; }
    a { color: inherit; }
    kbd {
      font: inherit; font-size: 13px; border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 6px;
      padding: 0 6px; background: var(--card); margin-left: 6px;
    }
    dialog { border: 1px solid var(--line); border-radius: 16px; background: var(--card); color: var(--ink); padding: 20px; }
    dialog::backdrop { background: #0008; }
    dialog form { display: grid; gap: 12px; }
    dialog input { font: inherit; padding: 8px 12px; border-radius: 10px; border: 1px solid var(--line); min-height: 42px; }
    .hidden {
      position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
    }
    @media (max-width: 820px) {
      body { padding: 0 12px 20px; }
      main { grid-template-columns: minmax(0, 1fr); gap: 12px; }
      .card { padding: 12px; }
      .tag { order: 3; flex-basis: 100%; font-size: 14px; }
      header { padding: 12px 0 10px; justify-content: space-between; }
      .stage .controls > button { flex: 1 1 auto; }
      footer kbd { display: none; }
      footer { font-size: 0; } footer a { font-size: 14px; }
    }
    @media (prefers-reduced-motion: reduce) { #bars .fill { transition: none; } }

    """#
}
