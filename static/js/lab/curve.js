// The probability of each class over ε, as SVG on the slider's own pixels.

import { text } from "./epsilon.js";
import { say } from "../words.js";

const NS = "http://www.w3.org/2000/svg";
const DASHES = ["none", "9 4", "3 3", "12 4 3 4", "6 2 2 2", "1 3", "16 5", "8 3 1 3", "4 6", "2 5"];
const MARGIN = { top: 18, bottom: 26 };
const FEW = 4; // up to so many classes each has its label
const LABELLED = 0.05; // among more, a class that never reaches this needs none
const LABELS = 6;
const LINE = 17; // pixels between two labels

function add(parent, name, attributes, words) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (words !== undefined) node.textContent = words;
  parent.append(node);
  return node;
}

/** Labels at the line ends, the most probable classes first, pushed apart so that all can be read. */
function placeLabels(sweep, y, height) {
  const last = sweep.probabilities[sweep.probabilities.length - 1];
  const peak = sweep.classes.map((_, index) => Math.max(...sweep.probabilities.map((row) => row[index])));
  const chosen = sweep.classes
    .map((name, index) => ({ name, index, peak: peak[index], y: y(last[index]) }))
    .filter((label) => sweep.classes.length <= FEW || label.peak >= LABELLED)
    .sort((a, b) => b.peak - a.peak)
    .slice(0, LABELS)
    .sort((a, b) => a.y - b.y);
  chosen.forEach((label, i) => { if (i) label.y = Math.max(label.y, chosen[i - 1].y + LINE); });
  let floor = height - MARGIN.bottom;
  for (const label of chosen.toReversed()) {
    label.y = Math.min(label.y, floor);
    floor = label.y - LINE;
  }
  return chosen;
}

/** The axis of the plot: n to pixels exactly where the centre of the slider's thumb stands. */
function scales(svg, range, max) {
  const thumb = parseFloat(getComputedStyle(range).getPropertyValue("--thumb"));
  const width = range.clientWidth;
  const height = svg.clientHeight;
  const depth = height - MARGIN.top - MARGIN.bottom;
  return {
    width,
    height,
    x: (n) => thumb / 2 + (n / max) * (width - thumb),
    y: (p) => MARGIN.top + (1 - p) * depth,
    n: (pixel) => Math.round(((pixel - thumb / 2) / (width - thumb)) * max),
  };
}

function drawAxes(svg, { x, y, width }, max) {
  for (const p of [0, 0.5, 1]) {
    add(svg, "line", { class: "grid", x1: x(0), x2: x(max), y1: y(p), y2: y(p) });
    add(svg, "text", { class: "tick", x: x(0) - 8, y: y(p) + 4, "text-anchor": "end" }, `${100 * p}`);
  }
  const step = max / (width < 480 ? 2 : 4);
  for (let n = 0; n <= max; n += step) {
    const whole = Math.round(n);
    add(svg, "text", { class: "tick", x: x(whole), y: y(0) + 18, "text-anchor": "middle" }, whole ? text(whole) : "0");
  }
}

function drawFlip(svg, { x, y, width }, n) {
  const right = x(n) > width - 90;
  add(svg, "line", { class: "flip", x1: x(n), x2: x(n), y1: 0, y2: y(0) });
  const place = { class: "flip-label", x: x(n) + (right ? -6 : 6), y: 11, "text-anchor": right ? "end" : "start" };
  add(svg, "text", place, say("flipMark", { epsilon: text(n) }));
}

function drawUnsure(svg, { x, y }, unsure) {
  const half = (x(1) - x(0)) / 2;
  unsure.forEach((doubt, n) => {
    if (doubt) add(svg, "rect", { class: "unsure", x: x(n) - half, width: 2 * half, y: y(0) + 1, height: 5 });
  });
}

/** Draw `sweep` into `svg` beside `range`; returns {move(n), at(pixel)}. */
export function drawCurve(svg, range, sweep) {
  const scale = scales(svg, range, sweep.max_steps);
  const { x, y, height } = scale;
  svg.replaceChildren();
  drawAxes(svg, scale, sweep.max_steps);
  drawUnsure(svg, scale, sweep.unsure);
  const labels = placeLabels(sweep, y, height);
  const named = new Set(labels.map((label) => label.index));
  sweep.classes.forEach((_, index) => {
    const points = sweep.probabilities.map((row, n) => `${x(n).toFixed(1)},${y(row[index]).toFixed(1)}`).join(" ");
    const kind = `line c${index % 10}${named.has(index) ? "" : " faint"}`;
    add(svg, "polyline", { class: kind, points, "stroke-dasharray": DASHES[index % 10] });
  });
  for (const label of labels) {
    add(svg, "text", { class: `name c${label.index % 10}`, x: x(sweep.max_steps) + 20, y: label.y + 5 }, label.name);
  }
  const now = add(svg, "g", { class: "now" });
  add(now, "line", { x1: 0, x2: 0, y1: 0, y2: y(0) });
  const dots = labels.map(({ index }) => [add(now, "circle", { class: `c${index % 10}`, r: 4.5, cx: 0 }), index]);
  if (sweep.flip_steps !== null) drawFlip(svg, scale, sweep.flip_steps);
  return {
    move(n) {
      now.setAttribute("transform", `translate(${x(n)} 0)`);
      for (const [dot, index] of dots) dot.setAttribute("cy", y(sweep.probabilities[n][index]));
    },
    at: scale.n,
  };
}
