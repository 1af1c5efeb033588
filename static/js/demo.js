// The landing page: the bench on a sample, and three figures computed from the very same pixels.

import { Bench } from "./lab/bench.js";
import { mountCompare } from "./lab/compare.js";
import { perturb, toRGBA } from "./lab/compose.js";
import { text } from "./lab/epsilon.js";
import { mountPixels } from "./lab/pixels.js";
import { language, percent } from "./words.js";

const CROP = 12;
const STRIP = [0, 2, 4, 8, 16, 32];
const $ = (id) => document.getElementById(id);
const bench = new Bench(JSON.parse($("lab-config").textContent));
const [height, width, channels] = bench.config.shape;

/** The CROP × CROP middle of HWC values. */
function middle(values) {
  const [top, left] = [(height - CROP) >> 1, (width - CROP) >> 1];
  const crop = new Uint8ClampedArray(CROP * CROP * channels);
  for (let row = 0; row < CROP; row += 1) {
    const from = ((top + row) * width + left) * channels;
    crop.set(values.subarray(from, from + CROP * channels), row * CROP * channels);
  }
  return crop;
}

function draw(canvas, values, side = CROP) {
  const context = canvas.getContext("2d");
  const frame = context.createImageData(side, values.length / channels / side);
  toRGBA(values, channels, frame.data);
  context.putImageData(frame, 0, 0);
}

function drawEquation() {
  const figure = (name) => document.querySelector(`[data-figure="${name}"]`);
  const step = Uint8ClampedArray.from(bench.sign, (sign) => 128 + 90 * sign);
  draw(figure("before"), middle(bench.original));
  draw(figure("step"), middle(step));
  draw(figure("after"), middle(bench.perturbed));
}

function drawStrip() {
  const items = STRIP.filter((n) => n <= bench.sweep.max_steps).map((n) => {
    const row = bench.sweep.probabilities[n];
    const best = row.indexOf(Math.max(...row));
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    draw(canvas, perturb(bench.original, bench.sign, n), width);
    const words = document.createElement("p");
    words.append(text(n), document.createElement("br"), `${bench.sweep.classes[best]} ${percent(row[best], 0)}`);
    const item = document.createElement("li");
    item.classList.toggle("is-flipped", best !== bench.sweep.label);
    item.append(canvas, words);
    return item;
  });
  $("strip").replaceChildren(...items);
}

function countChanges() {
  let [largest, moved, squares] = [0, 0, 0];
  bench.original.forEach((value, i) => {
    const change = Math.abs(bench.perturbed[i] - value);
    largest = Math.max(largest, change);
    if (change) moved += 1;
    squares += change * change;
  });
  const count = bench.original.length;
  const psnr = squares ? 10 * Math.log10((255 * 255 * count) / squares) : Infinity;
  const write = (name, words) => { document.querySelector(`[data-number="${name}"]`).textContent = words; };
  write("largest", text(largest));
  write("moved", percent(moved / count, 0));
  write("psnr", squares ? `${psnr.toLocaleString(language, { maximumFractionDigits: 1 })} dB` : "∞");
}

if (bench.config.domain === "digits") {
  mountPixels([$("original-frame"), $("perturbed-frame")], $("pixel-readout"), bench);
}
mountCompare($("board"), $("compare"));
bench.addEventListener("awake", drawStrip);
bench.addEventListener("settled", countChanges);
bench.addEventListener("moved", drawEquation);
bench.addEventListener("awake", () => bench.jumpToFlip(), { once: true });
bench.load();
