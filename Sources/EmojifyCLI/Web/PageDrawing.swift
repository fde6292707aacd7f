/// The first half of the page's script: everything that draws, knowing nothing of cameras or requests.
enum PageDrawing {
  static let text = #"""
    "use strict";
    const SEVEN = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
    // Have a picture and a colour; models may know classes that have neither.
    const DRAWN = [...SEVEN, "contempt"];
    const OTHER_COLOURS = ["#b07c4f", "#a05195", "#708238", "#c25b78", "#5b6abf", "#4f8fa3"];
    let EMOTIONS = SEVEN;
    const $ = id => document.getElementById(id);
    const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));
    const count = (number, word) => number + " " + word + (number === 1 ? "" : "s");
    const percent = share => (share * 100).toFixed(share < 0.1 ? 1 : 0) + "%";
    const variable = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
    const colour = name => DRAWN.includes(name) ? variable(name)
      : OTHER_COLOURS[Math.max(0, EMOTIONS.filter(other => !DRAWN.includes(other)).indexOf(name)) % OTHER_COLOURS.length];
    const best = emotions => Object.entries(emotions).reduce((a, b) => b[1] > a[1] ? b : a);

    const pictures = Object.fromEntries(DRAWN.map(name => {
      const picture = new Image();
      picture.src = "/emoji/" + name + ".png";
      return [name, picture];
    }));

    function meanOf(faces) {
      return Object.fromEntries(EMOTIONS.map(name =>
        [name, faces.reduce((sum, face) => sum + (face.emotions[name] || 0), 0) / Math.max(1, faces.length)]));
    }

    // Picture and faces. `scale` leads from the server's pixels to the canvas'.

    let scale = [1, 1];

    function fit(width, height) {
      $("view").width = width;
      $("view").height = height;
      $("frame").style.aspectRatio = width + " / " + height;
    }

    // A camera is shown as a mirror.
    function drawPicture(picture, isMirrored) {
      const view = $("view"), context = view.getContext("2d");
      context.save();
      if (isMirrored) context.setTransform(-1, 0, 0, 1, view.width, 0);
      context.drawImage(picture, 0, 0, view.width, view.height);
      context.restore();
    }

    function drawFaces(faces, style, isMirrored) {
      const view = $("view"), context = view.getContext("2d");
      const places = [];
      for (const face of [...faces].sort((a, b) => a.box[2] - b.box[2])) {
        // Halfway to where it is: a hundredth of a second between two answers is seen as a jump.
        face.drawn = face.drawn.map((value, index) => value + (face.box[index] - value) * (isMirrored ? 0.35 : 1));
        let [x, y, width, height] = face.drawn;
        [x, width, y, height] = [x * scale[0], width * scale[0], y * scale[1], height * scale[1]];
        if (isMirrored) x = view.width - x - width;
        const [name, score] = best(face.emotions);
        places.push([x, y, width, height, name]);
        // A set of pictures may lack one.
        if (style === "emoji" && DRAWN.includes(name) && pictures[name].naturalWidth) drawEmoji(context, name, x, y, width, height);
        else drawBox(context, faces.length > 1 ? face.id : 0, name, score, x, y, width, height);
      }
      view.dataset.boxes = JSON.stringify(places);
      const words = faces.map(face => best(face.emotions)[0]);
      view.setAttribute("aria-label", words.length ? count(words.length, "face") + ": " + words.join(", ") : "No face");
    }

    function drawEmoji(context, name, x, y, width, height) {
      const side = Math.max(width, height) * 1.35;
      const picture = pictures[name];
      context.drawImage(picture, x + (width - side) / 2, y + (height - side) / 2, side, side);
    }

    function drawBox(context, id, name, score, x, y, width, height) {
      const line = Math.max(2, context.canvas.width / 260), letters = Math.max(13, Math.min(width / 6, context.canvas.width / 34));
      context.lineWidth = line;
      context.strokeStyle = context.fillStyle = colour(name);
      context.beginPath();
      context.roundRect(x, y, width, height, width / 12);
      context.stroke();
      const text = (id ? id + " " : "") + name + " " + Math.round(score * 100) + "%";
      context.font = "600 " + letters + "px system-ui, sans-serif";
      const tag = context.measureText(text).width + letters;
      const top = y - letters * 1.6 < 0 ? y : y - letters * 1.6;
      context.beginPath();
      context.roundRect(x - line / 2, top, tag, letters * 1.6, letters * 0.4);
      context.fill();
      context.fillStyle = "#fff";
      context.textBaseline = "middle";
      context.fillText(text, x - line / 2 + letters / 2, top + letters * 0.84);
    }

    // Bars

    function bar(name) {
      const row = document.createElement("li");
      const picture = document.createElement("img");
      if (DRAWN.includes(name)) picture.src = "/emoji/" + name + ".png";
      else picture.style.visibility = "hidden";
      picture.alt = "";
      picture.width = picture.height = 26;
      const label = document.createElement("span");
      label.textContent = name;
      const track = document.createElement("div");
      track.className = "track";
      track.setAttribute("role", "meter");
      track.setAttribute("aria-label", name);
      track.setAttribute("aria-valuemin", 0);
      track.setAttribute("aria-valuemax", 100);
      const fill = document.createElement("div");
      fill.className = "fill";
      fill.style.background = colour(name);
      track.append(fill);
      const value = document.createElement("span");
      value.className = "value";
      row.append(picture, label, track, value);
      return { row, track, fill, value };
    }

    let bars = {};
    function makeBars() {
      bars = Object.fromEntries(EMOTIONS.map(name => [name, bar(name)]));
      $("bars").replaceChildren(...Object.values(bars).map(bar => bar.row));
    }
    makeBars();

    // What the served models tell apart: the seven first where they know any, so that charts look alike.
    function useClasses(names) {
      const known = SEVEN.some(name => names.includes(name)) ? SEVEN : [];
      EMOTIONS = [...new Set([...known, ...names])];
      makeBars();
      drawLegend();
    }

    function drawBars(faces) {
      const mean = meanOf(faces), [top, score] = best(mean);
      for (const name of EMOTIONS) {
        const bar = bars[name];
        bar.fill.style.transform = "translateX(" + (mean[name] * 100 - 100) + "%)";
        bar.value.textContent = faces.length ? percent(mean[name]) : "–";
        bar.track.setAttribute("aria-valuenow", Math.round(mean[name] * 100));
        bar.row.classList.toggle("best", faces.length > 0 && name === top);
      }
      $("verdict-emoji").hidden = !faces.length || !DRAWN.includes(top);
      if (!faces.length) {
        $("verdict-name").textContent = "No face";
        $("verdict-detail").textContent = "Probabilities appear here.";
        return;
      }
      if (DRAWN.includes(top) && !$("verdict-emoji").src.endsWith("/" + top + ".png")) $("verdict-emoji").src = "/emoji/" + top + ".png";
      $("verdict-name").textContent = top + " " + percent(score);
      $("verdict-detail").textContent = faces.length > 1 ? "mean of " + count(faces.length, "face") : "face " + faces[0].id;
    }

    let chipsDrawn = "";
    function drawChips(faces, shown, choose) {
      const ids = faces.length > 1 ? ["all", ...faces.map(face => face.id)] : [];
      const key = ids.join() + ":" + shown;
      if (key === chipsDrawn) return;
      chipsDrawn = key;
      $("chips").replaceChildren(...ids.map(id => {
        const chip = document.createElement("button");
        chip.textContent = id;
        chip.setAttribute("aria-pressed", id === shown);
        chip.onclick = () => choose(id);
        return chip;
      }));
    }

    // Timeline

    function drawLegend() {
      $("legend").replaceChildren(...EMOTIONS.map(name => {
        const entry = document.createElement("li"), patch = document.createElement("i");
        patch.style.background = colour(name);
        entry.append(patch, name);
        return entry;
      }));
    }

    const clock = seconds => Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");

    // The mean probabilities, one above the other; where nobody was seen for two seconds there is a gap.
    function drawTimeline(samples, piece) {
      const canvas = $("timeline"), ratio = devicePixelRatio || 1;
      const width = canvas.clientWidth, height = canvas.clientHeight, floor = height - 20;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      const context = canvas.getContext("2d");
      context.scale(ratio, ratio);
      const last = samples.length ? samples.at(-1).time + piece : 0;
      const end = Math.max(30, last);
      const place = time => time / end * width;
      context.fillStyle = variable("line");
      context.globalAlpha = 0.35;
      context.fillRect(0, 0, width, floor);
      context.globalAlpha = 1;

      let start = 0;
      for (let index = 1; index <= samples.length; index++) {
        if (index < samples.length && samples[index].time - samples[index - 1].time < Math.max(2, 2 * piece)) continue;
        drawStretch(context, samples.slice(start, index), place, floor, piece);
        start = index;
      }

      context.fillStyle = variable("faint");
      context.font = "12px system-ui, sans-serif";
      const step = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find(step => end / step <= width / 70) || 7200;
      for (let time = 0; time <= end; time += step) {
        const label = clock(time), x = place(time);
        context.fillText(label, Math.min(Math.max(0, x - 12), width - 26), height - 4);
        context.globalAlpha = 0.25;
        context.fillRect(x, 0, 1, floor);
        context.globalAlpha = 1;
      }
      if (!samples.length) return;
      // Each piece of time counts alike.
      const total = meanOf(samples.map(sample => ({ emotions: sample.mean })));
      const ranked = EMOTIONS.filter(name => total[name] >= 0.005).sort((a, b) => total[b] - total[a]);
      const text = ranked.map(name => name + " " + percent(total[name])).join(", ");
      $("summary").textContent = "Mean of " + clock(last) + ": " + text + ".";
      canvas.setAttribute("aria-label", "Share of each emotion over time. " + $("summary").textContent);
    }

    function drawStretch(context, samples, place, floor, piece) {
      const lower = samples.map(() => 0);
      // A single sample is as wide as a third of a second at least.
      const spots = samples.length > 1 ? samples.map(sample => place(sample.time))
        : [place(samples[0].time), place(samples[0].time + Math.max(0.3, piece))];
      for (const name of EMOTIONS) {
        const upper = samples.map((sample, index) => lower[index] + (sample.mean[name] || 0));
        const at = (levels, index) => floor * (1 - Math.min(1, levels[Math.min(index, levels.length - 1)]));
        context.beginPath();
        spots.forEach((x, index) => context.lineTo(x, at(upper, index)));
        [...spots.keys()].reverse().forEach(index => context.lineTo(spots[index], at(lower, index)));
        context.closePath();
        context.fillStyle = colour(name);
        context.fill();
        upper.forEach((level, index) => { lower[index] = level; });
      }
    }

    """#
}
