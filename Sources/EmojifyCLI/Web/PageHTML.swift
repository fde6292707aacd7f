/// The page's structure. Script and style are files of their own: the policy of `WebResponse` allows nothing inline.
enum PageHTML {
  static let text = #"""
    <!doctype html>
    <html lang="en">
    <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>emojify</title>
      <link rel="icon" href="/emoji/happy.png" type="image/png">
      <link rel="stylesheet" href="/app.css">
      <script src="/app.js" defer></script>
    </head>
    <body>
      <header>
        <h1><img src="/emoji/happy.png" alt="" width="34" height="34">emojify</h1>
        <p class="tag">Faces to emoji. Pictures go to your own server and nowhere else.</p>
        <label class="model">Model <select id="model"></select></label>
      </header>
      <main>
        <section class="card stage" aria-labelledby="picture-title">
          <h2 id="picture-title" class="hidden">Picture</h2>
          <div id="frame">
            <canvas id="view" width="640" height="480" role="img" aria-label="No picture yet"></canvas>
            <img id="stream" alt="The server's camera" hidden>
            <div id="invite">
              <div class="row" aria-hidden="true">
                <img src="/emoji/surprise.png" alt="" width="52" height="52">
                <img src="/emoji/happy.png" alt="" width="72" height="72">
                <img src="/emoji/neutral.png" alt="" width="52" height="52">
              </div>
              <p><strong>Drop a photo here</strong></p>
              <p>or choose one, paste one, or start the camera</p>
            </div>
            <output id="speed" hidden></output>
          </div>
          <p id="message" role="status" aria-live="polite"></p>
          <div class="controls">
            <button id="camera" class="primary" aria-keyshortcuts="c" title="Key: c">Start camera</button>
            <button id="choose" aria-keyshortcuts="o" title="Key: o">Choose photo</button>
            <input id="file" type="file" accept="image/*" class="hidden" tabindex="-1" aria-label="Photo">
            <button id="server" hidden>Server's camera</button>
            <fieldset class="switch">
              <legend class="hidden">Show faces as</legend>
              <label><input type="radio" name="style" value="emoji" checked><span>Emoji</span></label>
              <label><input type="radio" name="style" value="boxes"><span>Boxes</span></label>
            </fieldset>
            <label class="tick"><input id="small" type="checkbox"> Small faces</label>
            <button id="save" disabled aria-keyshortcuts="s" title="Key: s">Save picture</button>
          </div>
        </section>
        <section class="card" aria-labelledby="faces-title">
          <div class="heading">
            <h2 id="faces-title">Faces</h2>
            <div id="chips" role="group" aria-label="Whose probabilities"></div>
          </div>
          <div id="verdict">
            <img id="verdict-emoji" alt="" width="64" height="64" hidden>
            <div><p id="verdict-name">No face yet</p><p id="verdict-detail">Probabilities appear here.</p></div>
          </div>
          <ul id="bars"></ul>
        </section>
        <section class="card wide" aria-labelledby="audience-title">
          <div class="heading">
            <h2 id="audience-title">Audience over time</h2>
            <div class="controls">
              <button id="csv" disabled aria-keyshortcuts="t" title="Key: t">Save CSV</button>
              <button id="clear" disabled>Clear</button>
            </div>
          </div>
          <canvas id="timeline" role="img" aria-label="Share of each emotion over time: empty"></canvas>
          <ul id="legend"></ul>
          <p id="summary">Start the camera: the mean of all faces is drawn as time passes.</p>
        </section>
      </main>
      <footer>
        Keys: <kbd>c</kbd> camera <kbd>o</kbd> photo <kbd>e</kbd> emoji or boxes <kbd>s</kbd> save picture
        <kbd>t</kbd> save CSV · <a href="/openapi.json">API</a>
      </footer>
      <dialog id="ask">
        <form method="dialog">
          <label for="token">This server asks for its token.</label>
          <input id="token" type="password" autocomplete="current-password">
          <button class="primary" value="ok">Use it</button>
        </form>
      </dialog>
    </body>
    </html>

    """#
}
