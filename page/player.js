// Plays recordings of panels: see page/record.py for what they hold.
"use strict";

(() => {
  const VERSION = 1;
  const LEAST_SCALE = 0.72; // smaller, and words of 9 points have less than 9 pixels
  const MOST_PIXELS = 2; // device pixels for a CSS pixel: more cost time and show nothing
  const PIECE = 16; // points
  const PLAY_FRAMES = 60, PLAY_MS = 80, RUN_MS = 100; // as in the notebook
  const NEAR = "800px 0px";
  const KEYS = "Keys: Tab to a slider, then ← →, Page Up, Page Down, Home, End.";
  const players = new Map();

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const sums = (differences, unit) => {
    let at = 0;
    return differences.map((step) => (at += step) / unit);
  };

  // A path from codes (0: one line through all points) and points in CSS pixels.
  const path = (codes, x, y) => {
    const made = new Path2D();
    let k = 0;
    for (const code of codes || "M" + "L".repeat(x.length - 1)) {
      if (code === "M") made.moveTo(x[k], y[k++]);
      else if (code === "L") made.lineTo(x[k], y[k++]);
      else if (code === "Q") (made.quadraticCurveTo(x[k], y[k], x[k + 1], y[k + 1]), (k += 2));
      else if (code === "C") (made.bezierCurveTo(x[k], y[k], x[k + 1], y[k + 1], x[k + 2], y[k + 2]), (k += 3));
      else (made.closePath(), (k += 1)); // its point says nothing
    }
    return made;
  };

  class Recording {
    constructor(data) {
      Object.assign(this, data);
      this.ready = new Map();
      this.pictures = new Map();
      this.strides = this.controls.map((_, k) => this.controls.slice(k + 1).reduce((n, c) => n * c.texts.length, 1));
      if (this.states.length !== this.strides[0] * this.controls[0].texts.length) throw new Error("states are missing");
    }

    state(places) {
      return this.states[places.reduce((sum, place, k) => sum + place * this.strides[k], 0)];
    }

    picture(place) {
      if (!this.pictures.has(place)) {
        const image = new Image();
        image.src = `data:image/png;base64,${this.images[place]}`;
        this.pictures.set(place, image);
      }
      return this.pictures.get(place);
    }

    // The images of a state that have not been decoded yet.
    missing([still, , ...drawn]) {
      const places = drawn.map((k) => this.drawn[k]).filter((operation) => operation[0] === 2);
      return [still, ...places.map((operation) => operation[1])].map((k) => this.picture(k)).filter((i) => !i.complete);
    }

    drawStill(context, [still]) {
      context.imageSmoothingQuality = "high";
      context.drawImage(this.picture(still), 0, 0, ...this.size);
    }

    drawMoving(context, [, , ...drawn]) {
      for (const place of drawn) {
        if (!this.ready.has(place)) this.ready.set(place, this.compiled(this.drawn[place]));
        this.ready.get(place)(context);
      }
    }

    // A function that does an operation.
    compiled([kind, ...rest]) {
      if (kind === 2) return this.drawsImage(...rest);
      const style = this.styles[rest[0]];
      const does = kind === 0 ? this.drawsPath(style, ...rest.slice(1)) : this.drawsShape(style, ...rest.slice(1));
      return (context) => {
        context.save();
        if (style.clip) clipTo(context, style.clip);
        if (style.fill) context.fillStyle = style.fill;
        if (style.line) {
          context.strokeStyle = style.line;
          context.lineWidth = style.width;
          context.setLineDash(style.dashes);
          context.lineDashOffset = style.offset;
          [context.lineCap, context.lineJoin] = style.ends;
        }
        does(context);
        context.restore();
      };
    }

    drawsPath(style, codes, x, y) {
      [x, y] = [x, y].map((differences) => sums(differences, this.unit));
      const pieces = [];
      if (codes || style.fill || style.line.length > 7 || style.dashes.length) pieces.push(path(codes, x, y));
      else // an opaque line, in pieces that share a stretch: a browser is slow with one long zigzag
        for (let k = 0; k < x.length - 1; k += PIECE)
          pieces.push(path(codes, ...[x, y].map((all) => all.slice(k, k + PIECE + 2))));
      return (context) => pieces.forEach((made) => paint(context, style, made));
    }

    drawsShape(style, shape, dx, dy) {
      const [codes, ...points] = this.shapes[shape];
      const made = path(codes, ...points), x = sums(dx, this.unit), y = sums(dy, this.unit);
      const colours = [style.fill, style.line].filter(Boolean);
      if (colours.length === 1 && colours[0].length === 7) { // opaque, of one colour: many at once
        const many = [];
        x.forEach((left, k) => {
          if (k % PIECE === 0) many.push(new Path2D());
          many.at(-1).addPath(made, new DOMMatrix([1, 0, 0, 1, left, y[k]]));
        });
        return (context) => many.forEach((some) => paint(context, style, some));
      }
      return (context) => {
        x.forEach((left, k) => {
          context.translate(left, y[k]);
          paint(context, style, made);
          context.translate(-left, -y[k]);
        });
      };
    }

    drawsImage(place, left, top, width, height, smooth, clip) {
      return (context) => {
        context.save();
        if (clip) clipTo(context, clip);
        context.imageSmoothingEnabled = smooth > 0;
        context.imageSmoothingQuality = smooth > 1 ? "high" : "low";
        context.drawImage(this.picture(place), left, top, width, height);
        context.restore();
      };
    }
  }

  const clipTo = (context, box) => {
    context.beginPath();
    context.rect(...box);
    context.clip();
  };

  const paint = (context, style, made) => {
    if (style.fill) context.fill(made);
    if (style.line) context.stroke(made);
  };

  class Player {
    constructor(element) {
      this.element = element;
      Object.assign(this, JSON.parse(element.dataset.panel)); // size, controls, play, works
      this.still = element.querySelector(".panel-picture");
      this.status = element.querySelector(".panel-status");
      this.goal = element.querySelector(".panel-goal");
      this.note = element.querySelector(".panel-still");
      this.frame = null; // of a run that is shown, in place of a state
      this.build();
      new IntersectionObserver((seen, observer) => {
        if (!seen.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        this.load();
      }, { rootMargin: NEAR }).observe(element);
    }

    get places() {
      return this.inputs.map((input) => Number(input.value));
    }

    build() {
      this.status.setAttribute("role", "status");
      this.inputs = this.controls.map((control, k) => this.input(control, k));
      const rows = this.inputs.map((input, k) => {
        const row = make("label", { className: "panel-control" });
        row.append(make("span", { textContent: this.controls[k].label }), input);
        if (this.controls[k].slider) row.append(input.said);
        return row;
      });
      const button = (textContent, onclick) => make("button", { type: "button", textContent, onclick });
      this.buttons = make("div", { className: "panel-buttons" });
      if (this.works) {
        this.runs = button("▶ Run", () => this.toggle("run"));
        this.bar = make("progress", { max: 100, value: 0, ariaLabel: "Run" });
        this.buttons.append(this.runs, this.bar);
      }
      if (this.play !== null) {
        const label = this.controls[this.play].label;
        this.plays = button(`▶ Play ${label}`, () => this.toggle("play"));
        this.buttons.append(this.plays);
      }
      this.buttons.append(button("Reset", () => this.reset()));
      this.canvas = make("canvas", { hidden: true });
      this.ground = make("canvas"); // what stands still, as it stands on the canvas
      this.canvas.setAttribute("role", "img");
      this.view = make("div", { className: "panel-view" }, this.canvas);
      this.still.before(make("div", { className: "panel-controls" }, ...rows, this.buttons));
      this.still.after(this.view);
      this.note.textContent = KEYS;
      this.show(false);
      new ResizeObserver(() => this.fit()).observe(this.element);
    }

    input(control, k) {
      if (!control.slider) {
        const options = control.texts.map((text, value) => make("option", { value, textContent: text }));
        const select = make("select", {}, ...options);
        select.value = control.default;
        select.onchange = () => this.moved();
        return select;
      }
      const slider = make("input", { type: "range", min: 0, max: control.texts.length - 1, step: 1 });
      slider.value = control.default;
      slider.said = make("output");
      slider.setAttribute("aria-label", control.label);
      slider.oninput = () => this.moved(k);
      slider.onchange = () => this.status.removeAttribute("aria-live");
      return slider;
    }

    load() {
      players.set(this.element.dataset.recording, this);
      const script = make("script", { src: this.element.dataset.src });
      script.onerror = () => this.fail("it is not there");
      script.onload = () => this.coming || this.fail("it is incomplete");
      document.head.append(script);
    }

    async take(version, data) {
      this.coming = true;
      try {
        if (version !== VERSION) throw new Error(`it is of version ${version}, and this page plays ${VERSION}`);
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
        this.recording = new Recording(await new Response(stream).json());
        this.fit();
        await this.draw();
        this.element.dataset.ready = "";
      } catch (error) {
        this.fail(error.message);
      }
    }

    fail(why) {
      this.recording = null;
      [...this.inputs, ...this.buttons.children].forEach((control) => (control.disabled = true));
      this.note.textContent = `This panel stands still: its recording cannot be played (${why}).`;
      this.note.setAttribute("role", "alert");
      this.element.dataset.failed = "";
    }

    // Size of the canvas, and where on it each pane of the picture stands: below each other where it would be too small.
    fit() {
      if (!this.recording) return;
      const room = this.element.querySelector(".panel-controls").clientWidth, [width, height] = this.size;
      let { panes } = this.recording;
      if (room / width >= LEAST_SCALE) panes = [[0, width]];
      const scale = Math.min(1, Math.max(LEAST_SCALE, room / Math.max(...panes.map(([left, right]) => right - left))));
      const pixels = Math.min(window.devicePixelRatio || 1, MOST_PIXELS);
      const size = [Math.max(...panes.map(([left, right]) => right - left)) * scale, height * scale * panes.length];
      const key = [panes.length, scale, pixels].join();
      if (key === this.fitted) return;
      this.fitted = key;
      this.layout = { panes, scale: scale * pixels };
      for (const canvas of [this.canvas, this.ground])
        [canvas.width, canvas.height] = size.map((side) => Math.round(side * pixels));
      this.stands = null;
      [this.canvas.style.width, this.canvas.style.height] = size.map((side) => `${side}px`);
      this.draw();
    }

    moved(k) {
      this.halt();
      this.frame = null;
      if (k !== undefined) this.status.setAttribute("aria-live", "off"); // until the slider is let go
      this.show();
    }

    reset() {
      this.halt();
      this.frame = null;
      this.controls.forEach((control, k) => (this.inputs[k].value = control.default));
      if (this.bar) this.bar.value = 0;
      this.show();
    }

    // What the sliders say; and the picture in the next frame.
    show(draw = true) {
      this.inputs.forEach((input, k) => {
        if (!this.controls[k].slider) return;
        input.said.textContent = this.controls[k].texts[input.value];
        input.setAttribute("aria-valuetext", this.controls[k].texts[input.value]);
      });
      if (!draw || this.due) return;
      this.due = requestAnimationFrame(() => {
        this.due = null;
        this.draw();
      });
    }

    async draw() {
      if (!this.recording) return;
      const state = this.frame ? this.frame.slice(1) : this.recording.state(this.places);
      this.wanted = state;
      const missing = this.recording.missing(state);
      if (missing.length) {
        await Promise.all(missing.map((image) => image.decode()));
        if (this.wanted !== state) return; // a newer one is on its way
      }
      if (this.stands !== state[0]) { // what stands still is scaled once
        this.onPanes(this.ground, (context) => this.recording.drawStill(context, state));
        this.stands = state[0];
      }
      this.canvas.getContext("2d").drawImage(this.ground, 0, 0);
      this.onPanes(this.canvas, (context) => this.recording.drawMoving(context, state));
      this.say(this.recording.statuses[state[1]]);
      this.canvas.hidden = false;
      this.still.hidden = true;
      this.element.dataset.state = this.frame ? "run" : this.places.join();
    }

    // Draw the whole picture once for each pane, of which it shows a part.
    onPanes(canvas, draws) {
      const context = canvas.getContext("2d"), { panes, scale } = this.layout, [, height] = this.size;
      panes.forEach(([left, right], k) => {
        context.save();
        context.setTransform(scale, 0, 0, scale, -left * scale, k * height * scale);
        clipTo(context, [left, 0, right - left, height]);
        draws(context);
        context.restore();
      });
    }

    say(status) {
      const paused = this.frame && !this.timer && this.frame[0] < 100 ? `Paused at ${this.frame[0]} %. ` : "";
      this.status.textContent = paused + status;
      this.canvas.setAttribute("aria-label", paused + status);
      if (this.goal) this.goal.classList.toggle("reached", status.endsWith("✓ Goal reached."));
    }

    // Start what a button is for, or stop it.
    toggle(what) {
      const was = this.timer && this.what;
      this.halt();
      if (was === what || !this.recording) return this.show();
      this.what = what;
      this.status.setAttribute("aria-live", "off");
      const button = what === "run" ? this.runs : this.plays;
      button.textContent = button.textContent.replace("▶", "⏸");
      this.timer = what === "run" ? this.running() : this.playing();
    }

    halt() {
      clearInterval(this.timer);
      this.timer = null;
      this.status.removeAttribute("aria-live");
      for (const button of [this.runs, this.plays].filter(Boolean))
        button.textContent = button.textContent.replace("⏸", "▶");
    }

    playing() {
      const input = this.inputs[this.play], most = Number(input.max);
      this.frame = null;
      let tick = Number(input.value) >= most ? 0 : Math.round((Number(input.value) / most) * PLAY_FRAMES);
      return setInterval(() => {
        input.value = Math.round((tick / PLAY_FRAMES) * most);
        if (++tick > PLAY_FRAMES) this.halt();
        this.show();
      }, PLAY_MS);
    }

    running() {
      if (!this.run || !this.frame || this.frame[0] >= 100) {
        const far = (run) => run.at.reduce((sum, k, j) => sum + Math.abs(k - this.places[j]) / this.controls[j].texts.length, 0);
        this.run = this.recording.runs.reduce((best, run) => (far(run) < far(best) ? run : best));
        this.run.at.forEach((place, k) => (this.inputs[k].value = place));
        this.next = 0;
      }
      return setInterval(() => {
        this.frame = this.run.frames[this.next++];
        this.bar.value = this.frame[0];
        if (this.next >= this.run.frames.length) this.halt();
        this.show();
      }, RUN_MS);
    }
  }

  window.recorded = (key, version, data) => players.get(key)?.take(version, data);
  const begin = () => document.querySelectorAll(".course-panel[data-panel]").forEach((element) => new Player(element));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
