// The bench: pictures, answers, curve and slider of one image, moving together at display rate.

import { showAnswer, flipSentence } from "./bars.js";
import { painter, readPixels } from "./canvas.js";
import { decodeBase64, difference, perturb, unpackSigns } from "./compose.js";
import { drawCurve } from "./curve.js";
import { text } from "./epsilon.js";
import { mountSlider } from "./slider.js";
import { getJSON } from "../request.js";
import { percent, say } from "../words.js";

export const GAIN = 10;
const SETTLED_MS = 500;
const $ = (id) => document.getElementById(id);

function withQuery(url, values) {
  const full = new URL(url, location.href);
  for (const [key, value] of Object.entries(values)) full.searchParams.set(key, value);
  return full;
}

export class Bench extends EventTarget {
  /** `config` is the page's lab-config; the elements are those of _board.html and _dial.html. */
  constructor(config) {
    super();
    this.config = config;
    this.target = config.target ?? "";
    this.n = config.steps ?? 0;
    this.sweep = null;
    $("epsilon-text").value = text(this.n);
    this.slider = mountSlider({
      range: $("epsilon"),
      box: $("epsilon-text"),
      note: $("epsilon-note"),
      onMove: (n) => this.moveTo(n),
      onBeyond: (n) => this.load({ max: n, goTo: n, keepText: true }),
    });
    $("flip-jump").addEventListener("click", () => this.jumpToFlip());
    $("bench-retry").addEventListener("click", () => this.load());
    document.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.drawCurve()).observe($("curve"));
    $("curve").addEventListener("pointerdown", (event) => this.followPointer(event));
    $("difference")?.addEventListener("toggle", () => this.show());
  }

  /** Ask for the sweep (again), then wake; errors are shown in the page, never thrown. */
  async load({ max = this.sweep?.max_steps ?? this.config.axis, goTo = this.n, keepText = false } = {}) {
    this.asking?.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.rest(true);
    try {
      const url = withQuery(this.config.urls.sweep, { model: this.config.model, target: this.target, max });
      const onWait = () => { $("bench-status").textContent = say("warming"); };
      if (this.config.ready === false && !this.sweep) onWait();
      const [sweep, original] = await Promise.all([
        getJSON(url, { signal, onWait }),
        this.original ?? readPixels($("original-image"), this.config.shape),
      ]);
      this.wake(sweep, original, goTo, keepText);
    } catch (error) {
      if (error.name !== "AbortError") this.fail(error);
    }
  }

  rest(waiting) {
    $("bench").classList.toggle("is-waiting", waiting);
    $("bench").setAttribute("aria-busy", String(waiting));
    $("bench-problem").hidden = true;
    $("epsilon").disabled = waiting && !this.sweep;
  }

  wake(sweep, original, goTo, keepText) {
    this.original = original;
    this.sweep = sweep;
    this.sign = unpackSigns(decodeBase64(sweep.sign), original.length);
    this.perturbed = new Uint8ClampedArray(original.length);
    this.changed = new Uint8ClampedArray(original.length);
    this.paint ??= painter($("perturbed-canvas"), this.config.shape);
    this.paintChange ??= $("difference-canvas") && painter($("difference-canvas"), this.config.shape);
    painter($("original-canvas"), this.config.shape)(original);
    this.rest(false);
    $("bench-status").textContent = "";
    $("bench").classList.add("is-awake");
    $("epsilon").max = sweep.max_steps;
    $("axis-end").textContent = text(sweep.max_steps);
    $("flip-sentence").textContent = flipSentence(sweep);
    $("flip-jump").hidden = sweep.flip_steps === null;
    $("unsure-legend").hidden = !sweep.unsure.some(Boolean);
    this.drawCurve();
    this.slider.set(Math.min(goTo, sweep.max_steps), { keepText });
    this.dispatchEvent(new Event("awake"));
  }

  fail(problem) {
    this.rest(false);
    $("bench-status").textContent = "";
    $("bench-sentence").textContent = problem.requestId !== undefined ? problem.message : say("failed");
    $("bench-request").textContent = problem.requestId ? say("request", { id: problem.requestId }) : "";
    $("bench-problem").hidden = false;
  }

  drawCurve() {
    if (!this.sweep || !$("curve").clientWidth) return; // not laid out yet: the observer calls again
    this.curve = drawCurve($("curve"), $("epsilon"), this.sweep);
    this.curve.move(this.n);
  }

  moveTo(n) {
    this.n = n;
    if (!this.sweep || this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = null; this.show(); });
  }

  /** Bring every part to step n. */
  show() {
    if (!this.sweep) return;
    const { n } = this;
    perturb(this.original, this.sign, n, this.perturbed);
    this.paint(this.perturbed);
    if ($("difference")?.open) {
      this.paintChange(difference(this.original, this.perturbed, GAIN, this.changed));
    }
    this.curve?.move(n);
    $("perturbed-epsilon").textContent = text(n);
    const answer = showAnswer($("answers"), this.sweep, n);
    $("epsilon").setAttribute("aria-valuetext", say("valueText", {
      epsilon: text(n), class: answer.is, percent: percent(answer.confidence, 0),
    }));
    this.dispatchEvent(new Event("moved"));
    this.announce(answer);
  }

  /** The live region speaks only when the answer itself became another one, and the hand rests. */
  announce(answer) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      if (this.spoken !== undefined && this.spoken !== answer.is) $("live").textContent = say("now", { class: answer.is });
      this.spoken = answer.is;
      this.dispatchEvent(new Event("settled"));
    }, SETTLED_MS);
  }

  jumpToFlip() {
    if (this.sweep?.flip_steps != null) this.slider.set(this.sweep.flip_steps);
  }

  onKey(event) {
    const typing = event.target.closest("input:not([type=range]), textarea, select, [contenteditable]");
    if (event.key.toLowerCase() !== "f" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    this.jumpToFlip();
  }

  /** The curve can be grabbed as well as the slider's thumb. */
  followPointer(event) {
    if (!this.curve) return;
    const svg = $("curve");
    const follow = ({ clientX }) => {
      const n = this.curve.at(clientX - svg.getBoundingClientRect().left);
      this.slider.set(Math.max(0, Math.min(this.sweep.max_steps, n)));
    };
    svg.setPointerCapture(event.pointerId);
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("lostpointercapture", () => svg.removeEventListener("pointermove", follow), { once: true });
    follow(event);
  }
}
