/// The page's script, in two halves: what is seen (`PageDrawing`) and what happens.
enum PageScript {
  static let text =
    PageDrawing.text + #"""
      // State

      let source = null;            // null, "photo", "camera", "server"
      let turn = 0;                 // whose answer is wanted: what was asked for before this number came is late
      let photo = null;             // an ImageBitmap
      let tracks = [];              // faces in sight
      let nextFace = 1;
      let shown = "all";            // whose probabilities the bars show
      let rows = [];                // of the CSV
      let samples = [];             // of the chart, a piece of time each: { time, count, mean }
      let piece = 1 / 16;           // seconds of one
      let began = 0;
      let frames = 0;
      const rowLimit = 200000;
      const video = document.createElement("video");
      video.muted = true;
      video.playsInline = true;
      const sent = document.createElement("canvas");

      const style = () => document.querySelector("input[name=style]:checked").value;

      function say(text, isWarning = false) {
        if ($("message").textContent !== text) $("message").textContent = text;
        $("message").classList.toggle("warning", isWarning);
      }

      // The token lives in the tab only; in the address it stands behind the #, which no request carries.

      let token = sessionStorage.getItem("token");
      if (location.hash.startsWith("#token=")) {
        token = decodeURIComponent(location.hash.slice(7));
        sessionStorage.setItem("token", token);
        history.replaceState(null, "", location.pathname);
      }

      function askForToken() {
        if ($("ask").open) return;
        $("ask").showModal();
      }
      $("ask").addEventListener("close", () => {
        token = $("token").value;
        sessionStorage.setItem("token", token);
        loadModels().then(() => { if (source === "photo") look(); });
      });

      class Fault extends Error {
        constructor(status, text) { super(text); this.status = status; }
      }

      async function request(path, options = {}) {
        let answer;
        try {
          answer = await fetch(path, { ...options, headers: token ? { Authorization: "Bearer " + token } : {} });
        } catch {
          throw new Fault(0, "The server does not answer.");
        }
        if (answer.ok) return answer.json();
        if (answer.status === 401) askForToken();
        if (answer.status === 503) throw new Fault(503, "The server is busy; trying again.");
        const told = await answer.json().catch(() => ({}));
        throw new Fault(answer.status, told.error || "The server answered " + answer.status + ".");
      }

      const predict = image =>
        request("/api/predict?model=" + encodeURIComponent($("model").value)
          + ($("small").checked ? "&min_face=" + (source === "camera" ? 32 : 0) : ""), { method: "POST", body: image });

      async function loadModels() {
        try {
          const about = await request("/api/model");
          const chosen = $("model").value;
          $("model").replaceChildren(...about.models.map(model => {
            const option = document.createElement("option");
            option.value = option.textContent = model.name;
            option.title = model.architecture + ", " + model.parameters.toLocaleString("en") + " parameters";
            return option;
          }));
          $("model").value = chosen || about.default;
          useClasses(about.models.flatMap(model => model.emotions));
          $("server").hidden = !about.stream;
        } catch (fault) {
          say(fault.message, true);
        }
      }

      // Faces keep their number from picture to picture, and their probabilities are smoothed, so that emoji do not flicker.

      function overlap(a, b) {
        const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
        const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
        if (width <= 0 || height <= 0) return 0;
        return width * height / (a[2] * a[3] + b[2] * b[3] - width * height);
      }

      function follow(faces, time) {
        const free = new Set(tracks);
        for (const face of faces) {
          let best = null;
          for (const track of free) {
            if (overlap(track.box, face.box) > (best ? overlap(best.box, face.box) : 0.25)) best = track;
          }
          if (!best) {
            best = { id: nextFace++, box: face.box, drawn: [...face.box], emotions: { ...face.emotions } };
            tracks.push(best);
          }
          free.delete(best);
          best.box = face.box;
          best.seen = time;
          for (const name of EMOTIONS) {
            best.emotions[name] = 0.55 * (best.emotions[name] || 0) + 0.45 * (face.emotions[name] || 0);
          }
        }
        // A face that is missed for a moment stays where it was.
        // After "Clear" time begins anew, and what was seen last lies ahead of it.
        tracks = tracks.filter(track => track.seen <= time && time - track.seen < 0.7);
      }

      function remember(time) {
        const seen = tracks.filter(track => track.seen === time);
        if (!seen.length) return;
        sample(Math.floor(time / piece) * piece, 1, meanOf(seen));
        for (const track of seen) {
          const [name, score] = best(track.emotions);
          rows.push([time.toFixed(3), frames, track.id, ...track.box, name, score.toFixed(6),
            ...EMOTIONS.map(emotion => (track.emotions[emotion] || 0).toFixed(6))]);
        }
        if (rows.length > rowLimit) rows.splice(0, rows.length - rowLimit);
        // The chart has a thousand columns at most: beyond, pieces become twice as long.
        if (samples.length <= 4000) return;
        piece *= 2;
        for (const old of samples.splice(0)) sample(Math.floor(old.time / piece) * piece, old.count, old.mean);
      }

      function sample(time, count, mean) {
        const last = samples.at(-1);
        if (!last || last.time < time) return void samples.push({ time, count, mean });
        last.count += count;
        for (const name of EMOTIONS) {
          const before = last.mean[name] || 0;
          last.mean[name] = before + ((mean[name] || 0) - before) * count / last.count;
        }
      }

      function forget() {
        rows = [];
        samples = [];
        piece = 1 / 16;
        frames = 0;
        began = performance.now();
      }

      function show() {
        if (shown !== "all" && !tracks.some(track => track.id === shown)) shown = "all";
        drawChips(tracks, shown, id => { shown = id; show(); });
        drawBars(shown === "all" ? tracks : tracks.filter(track => track.id === shown));
        drawTimeline(samples, piece);
        $("csv").disabled = $("clear").disabled = rows.length === 0;
        document.body.dataset.faces = tracks.length;
        document.body.dataset.samples = samples.length;
      }

      // Photo

      async function openPhoto(file) {
        stop();
        const mine = turn;
        let picture;
        try {
          picture = await createImageBitmap(file);
        } catch {
          if (mine === turn) say("This file is no picture that the browser can open.", true);
          return;
        }
        if (mine !== turn) return;
        photo = picture;
        source = "photo";
        $("invite").hidden = true;
        await look(file);
      }

      // The file as it is where the server takes it, else redrawn as a JPEG; a busy server is asked again.
      async function answerFor(file, mine) {
        const isPlain = file && ["image/jpeg", "image/png"].includes(file.type) && file.size < 8e6;
        let image = isPlain ? file : await redrawn(photo, 2560, 0.92);
        while (mine === turn) {
          try {
            return await predict(image);
          } catch (fault) {
            if (fault.status === 413 && image === file) {
              image = await redrawn(photo, 2560, 0.92);
            } else if (fault.status === 503) {
              if (mine === turn) say(fault.message, true);
              await new Promise(done => setTimeout(done, 1000));
            } else {
              throw fault;
            }
          }
        }
      }

      async function look(file) {
        turn += 1;
        const mine = turn;
        say("Looking for faces …");
        try {
          const answer = await answerFor(file, mine);
          if (mine !== turn) return;
          tracks = answer.faces.map((face, index) => ({ id: index + 1, drawn: [...face.box], ...face }));
          fit(photo.width, photo.height);
          scale = [photo.width / answer.width, photo.height / answer.height];
          show();
          render();
          $("save").disabled = false;
          say(tracks.length === 0 ? "No face is seen in this photo."
            : count(tracks.length, "face") + " in " + Math.round(answer.timings.total_ms) + " ms.", !tracks.length);
        } catch (fault) {
          if (mine !== turn) return;
          tracks = [];
          fit(photo.width, photo.height);
          show();
          render();
          say(fault.message, true);
        }
      }

      function redrawn(picture, side, quality) {
        const width = picture.videoWidth || picture.width, height = picture.videoHeight || picture.height;
        const factor = Math.min(1, side / Math.max(width, height));
        sent.width = Math.round(width * factor);
        sent.height = Math.round(height * factor);
        sent.getContext("2d").drawImage(picture, 0, 0, sent.width, sent.height);
        return new Promise(done => sent.toBlob(done, "image/jpeg", quality));
      }

      // Camera

      async function startCamera() {
        if (!navigator.mediaDevices) {
          return say("Browsers give their camera only to https pages and to localhost.", true);
        }
        stop();
        const mine = turn;
        say("Waiting for the camera …");
        try {
          const stream = await navigator.mediaDevices.getUserMedia(
            { video: { width: { ideal: 640 }, height: { ideal: 480 }, facingMode: "user" } });
          if (mine !== turn) {
            for (const track of stream.getTracks()) track.stop();
            return;
          }
          video.srcObject = stream;
          await video.play();
          if (mine !== turn) return;
        } catch (fault) {
          if (mine !== turn) return;
          const words = {
            NotAllowedError: "The camera was refused. Allow it in the browser's address bar, then start it again.",
            NotFoundError: "There is no camera on this device.",
            NotReadableError: "The camera is taken by another program.",
          };
          return say(words[fault.name] || "The camera cannot be started: " + fault.message, true);
        }
        video.srcObject.getVideoTracks()[0].addEventListener("ended", () => {
          stop();
          say("The camera has gone.", true);
        });
        source = "camera";
        if (!rows.length) forget();
        $("invite").hidden = true;
        $("camera").textContent = "Stop camera";
        $("save").disabled = false;
        say("");
        fit(video.videoWidth, video.videoHeight);
        requestAnimationFrame(tick);
        watch(video.srcObject);
      }

      // A phone is turned: the picture is another one.
      video.addEventListener("resize", () => { if (source === "camera") fit(video.videoWidth, video.videoHeight); });

      // One picture is on its way at a time: a slow server gets fewer of them.
      async function watch(stream) {
        const recent = [];
        while (source === "camera" && video.srcObject === stream) {
          const start = performance.now();
          try {
            const image = await redrawn(video, 640, 0.8);
            const answer = await predict(image);
            if (source !== "camera" || video.srcObject !== stream) return;
            const time = (performance.now() - began) / 1000;
            frames += 1;
            scale = [$("view").width / answer.width, $("view").height / answer.height];
            follow(answer.faces, time);
            remember(time);
            show();
            say(tracks.length ? "" : "No face is seen. Is there light on it?");
            recent.push(performance.now());
            if (recent.length > 15) recent.shift();
            if (recent.length > 2) {
              const rate = (recent.length - 1) * 1000 / (recent.at(-1) - recent[0]);
              $("speed").hidden = false;
              $("speed").textContent =
                rate.toFixed(0) + " / s · " + Math.round(answer.timings.total_ms) + " ms";
            }
          } catch (fault) {
            say(fault.message, true);
            await pause(1000);
          }
          await pause(Math.max(0, 60 - (performance.now() - start)));
        }
      }

      function tick() {
        if (source !== "camera") return;
        render();
        requestAnimationFrame(tick);
      }

      function stop() {
        turn += 1;
        if (video.srcObject) for (const track of video.srcObject.getTracks()) track.stop();
        video.srcObject = null;
        source = null;
        tracks = [];
        scale = [1, 1];
        $("camera").textContent = "Start camera";
        $("speed").hidden = true;
        $("stream").hidden = true;
        $("stream").removeAttribute("src");
        $("server").textContent = "Server's camera";
        $("view").hidden = false;
        $("save").disabled = true;
      }

      function startServer() {
        stop();
        source = "server";
        $("invite").hidden = $("view").hidden = true;
        $("stream").hidden = false;
        $("stream").src = "/stream" + (token ? "?token=" + encodeURIComponent(token) : "");
        $("server").textContent = "Stop server's camera";
        say("This is what the server's camera sees; faces are labelled there.");
      }
      $("stream").addEventListener("error", () => { if (source === "server") say("The server's camera has ended.", true); });

      function render() {
        if (source === "camera") drawPicture(video, true);
        else if (photo) drawPicture(photo, false);
        drawFaces(tracks, style(), source === "camera");
      }

      function clearPicture() {
        stop();
        $("invite").hidden = false;
        $("view").getContext("2d").clearRect(0, 0, $("view").width, $("view").height);
        show();
        say("");
      }

      // Saving

      function save(blob, name) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      }
      const stamp = () => new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-");
      const savePicture = () => $("view").toBlob(blob => save(blob, "emojify-" + stamp() + ".png"));
      function saveTable() {
        const head = ["time_s", "frame", "face", "x", "y", "w", "h", "emotion", "score", ...EMOTIONS];
        const cell = value => /[",\r\n]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value;
        save(new Blob([[head, ...rows].map(row => row.map(cell).join(",")).join("\n") + "\n"], { type: "text/csv" }),
          "audience-" + stamp() + ".csv");
      }

      // What the visitor does

      $("camera").onclick = () => source === "camera" ? clearPicture() : startCamera();
      $("server").onclick = () => source === "server" ? clearPicture() : startServer();
      $("choose").onclick = $("invite").onclick = () => $("file").click();
      $("file").onchange = () => { if ($("file").files[0]) openPhoto($("file").files[0]); $("file").value = ""; };
      $("save").onclick = savePicture;
      $("csv").onclick = saveTable;
      $("clear").onclick = () => { forget(); show(); };
      $("small").onchange = $("model").onchange = () => { if (source === "photo") look(); };
      for (const radio of document.querySelectorAll("input[name=style]")) {
        radio.onchange = () => { if (source === "photo") render(); };
      }
      addEventListener("resize", () => drawTimeline(samples, piece));
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawTimeline(samples, piece));
      addEventListener("dragover", event => { event.preventDefault(); $("frame").classList.add("over"); });
      addEventListener("dragleave", event => { if (!event.relatedTarget) $("frame").classList.remove("over"); });
      addEventListener("drop", event => {
        event.preventDefault();
        $("frame").classList.remove("over");
        if (event.dataTransfer.files[0]) openPhoto(event.dataTransfer.files[0]);
      });
      addEventListener("paste", event => {
        const file = [...event.clipboardData.files].find(file => file.type.startsWith("image/"));
        if (file) openPhoto(file);
      });
      addEventListener("keydown", event => {
        if (event.ctrlKey || event.metaKey || event.altKey || $("ask").open) return;
        if (event.target.matches("select, input:not([type=radio])")) return;
        const keys = { c: "camera", o: "choose", s: "save", t: "csv" };
        if (event.key === "e") {
          const other = style() === "emoji" ? "boxes" : "emoji";
          document.querySelector("input[value=" + other + "]").click();
        } else if (keys[event.key]) {
          $(keys[event.key]).click();
        }
      });

      drawLegend();
      show();
      loadModels();

      """#
}
