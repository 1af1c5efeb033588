// The one control: a native range in whole steps of 1/255, and a box that takes an exact ε.

import { parse, steps, text } from "./epsilon.js";
import { say } from "../words.js";

const PAGE = 8;
const KEYS = { PageUp: PAGE, PageDown: -PAGE };

/**
 * Wire range, box and note. `onMove(n)` is told every new step, `onBeyond(n)` one past the axis.
 * Returns {set(n), asked()}: asked() is ε as the person gave it, `0.03` or `8/255`.
 */
export function mountSlider({ range, box, note, onMove, onBeyond }) {
  let typed = null;

  function complain(name) {
    note.textContent = name ? say(name) : "";
    box.toggleAttribute("aria-invalid", Boolean(name));
    if (name) box.setAttribute("aria-invalid", "true");
  }

  function set(n, { keepText = false } = {}) {
    range.value = n;
    if (!keepText) {
      typed = null;
      box.value = text(Number(range.value));
    }
    complain("");
    onMove(Number(range.value));
  }

  function take() {
    const epsilon = parse(box.value);
    if (epsilon === null) return complain("epsilonBad");
    const n = steps(epsilon);
    if (epsilon > 0 && n === 0) return complain("epsilonSmall");
    typed = box.value.trim();
    if (n > Number(range.max)) {
      complain("");
      return onBeyond(n);
    }
    return set(n, { keepText: true });
  }

  range.addEventListener("input", () => set(Number(range.value)));
  range.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    set(Number(range.value) + KEYS[event.key]);
  });
  box.addEventListener("change", take);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take();
  });
  box.addEventListener("focus", () => box.select());
  return { set, asked: () => typed ?? text(Number(range.value)) };
}
