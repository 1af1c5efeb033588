// A digit's 28×28 grid: the value of the pixel under the pointer, or under the arrow keys.

import { say } from "../words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const clamp = (value, end) => Math.max(0, Math.min(end - 1, value));

/** Make `frames` (elements over the pictures) readable pixel by pixel; the words go to `readout`. */
export function mountPixels(frames, readout, bench) {
  const [height, width, channels] = bench.config.shape;
  let place = null;

  function tell() {
    if (!place || !bench.sweep) return;
    const [column, row] = place;
    const index = (row * width + column) * channels;
    readout.textContent = say("pixel", {
      row: row + 1, column: column + 1, before: bench.original[index], after: bench.perturbed[index],
    });
    for (const frame of frames) {
      const mark = frame.querySelector(".pixel-mark");
      mark.hidden = false;
      mark.style.left = `${(100 * column) / width}%`;
      mark.style.top = `${(100 * row) / height}%`;
    }
  }

  function leave() {
    place = null;
    readout.textContent = "";
    for (const frame of frames) frame.querySelector(".pixel-mark").hidden = true;
  }

  for (const frame of frames) {
    frame.addEventListener("pointermove", (event) => {
      const box = frame.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      place = [clamp(Math.floor(x * width), width), clamp(Math.floor(y * height), height)];
      tell();
    });
    frame.addEventListener("pointerleave", leave);
    frame.addEventListener("blur", leave);
    frame.addEventListener("focus", () => { place ??= [width >> 1, height >> 1]; tell(); });
    frame.addEventListener("keydown", (event) => {
      const step = ARROWS[event.key];
      if (!step || !place) return;
      event.preventDefault();
      place = [clamp(place[0] + step[0], width), clamp(place[1] + step[1], height)];
      tell();
    });
  }
  bench.addEventListener("moved", tell);
}
