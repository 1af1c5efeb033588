// The answer in words and bars: original beside perturbed, one row for each class.

import { decimal, text } from "./epsilon.js";
import { language, percent, say } from "../words.js";

const SHOWN = 10; // more classes than this: only the most probable ones

const best = (row) => row.indexOf(Math.max(...row));

function setText(root, place, words) {
  const node = root.querySelector(`[data-place="${place}"]`);
  if (node && node.textContent !== words) node.textContent = words;
}

function setBar(row, place, probability, top) {
  setText(row, place, percent(probability));
  row.querySelector(`[data-width="${place}"]`).setAttribute("width", `${(100 * probability).toFixed(2)}%`);
  row.classList.toggle(`is-top-${place}`, top);
}

/** Rows above the tenth rank, before and after, step aside; nothing is hidden with few classes. */
function ranked(before, after) {
  if (before.length <= SHOWN) return () => true;
  const worth = before.map((p, index) => Math.max(p, after[index]));
  const floor = worth.toSorted((a, b) => b - a)[SHOWN - 1];
  return (index) => worth[index] >= floor;
}

/** Show step n of `sweep` in the answers column `root`. */
export function showAnswer(root, sweep, n) {
  const [before, after] = [sweep.probabilities[0], sweep.probabilities[n]];
  const [was, is] = [best(before), best(after)];
  const shown = ranked(before, after);
  for (const row of root.querySelectorAll("[data-bar]")) {
    const index = sweep.classes.indexOf(row.dataset.bar);
    row.hidden = !shown(index);
    setBar(row, "before", before[index], index === was);
    setBar(row, "after", after[index], index === is);
  }
  const verdict = root.querySelector("#verdict");
  setText(verdict, "was", sweep.classes[was]);
  setText(verdict, "was-percent", percent(before[was]));
  setText(verdict, "is", sweep.classes[is]);
  setText(verdict, "is-percent", percent(after[is]));
  verdict.classList.toggle("is-flipped", is !== was);
  root.querySelector("#unsure-after").hidden = !sweep.unsure[n];
  return { was: sweep.classes[was], is: sweep.classes[is], confidence: after[is], unsure: sweep.unsure[n] };
}

/** "flips at ε = 5/255 (0.0196)", or that it does not. */
export function flipSentence(sweep) {
  const values = {
    epsilon: text(sweep.flip_steps ?? sweep.max_steps),
    decimal: decimal(sweep.flip_steps ?? sweep.max_steps, language),
    target: sweep.target === null ? "" : sweep.classes[sweep.target],
  };
  const name = (sweep.flip_steps === null ? "noFlip" : "flip") + (sweep.target === null ? "" : "Target");
  return say(name, values);
}
