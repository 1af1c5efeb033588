// The Try page: every way to bring pictures ends in `bring`, file by file.

import { mountField } from "./draw.js";
import { outcomeRow, refusal, send } from "./upload.js";
import { say } from "../words.js";

const $ = (id) => document.getElementById(id);
const form = $("upload");
const limits = { megabytes: Number(form.dataset.megabytes), files: Number(form.dataset.files) };

/** Send `files` one after the other; a single good one opens at once. */
async function bring(files) {
  if (!files.length) return;
  const list = Object.assign(document.createElement("ul"), { className: "results" });
  $("results").replaceChildren(list);
  const rows = files.slice(0, limits.files).map((file) => [file, outcomeRow(file)]);
  list.append(...rows.map(([, row]) => row.element));
  if (files.length > limits.files) {
    const note = Object.assign(document.createElement("p"), { className: "small muted" });
    note.textContent = say("tooMany", { files: limits.files });
    $("results").append(note);
  }
  $("results").scrollIntoView({ block: "nearest" });
  for (const [file, row] of rows) {
    const refused = refusal(file, limits.megabytes);
    const url = refused ? row.refused(refused) : await send(form, file, row);
    if (url && files.length === 1) location.assign(url);
  }
}

for (const input of [$("files"), $("camera")]) {
  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    bring(files);
  });
}
document.addEventListener("paste", (event) => bring([...event.clipboardData.files]));

let depth = 0; // dragenter and dragleave also fire between children
const lit = (change) => {
  depth = Math.max(0, depth + change);
  $("drop").classList.toggle("is-over", depth > 0);
};
document.addEventListener("dragenter", () => lit(1));
document.addEventListener("dragleave", () => lit(-1));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  lit(-depth);
  bring([...event.dataTransfer.files]);
});

const field = mountField($("draw-canvas"));
$("draw-canvas").addEventListener("pointerdown", () => { $("draw-note").textContent = ""; });
$("draw-undo").addEventListener("click", () => field.undo());
$("draw-clear").addEventListener("click", () => field.clear());
$("draw-send").addEventListener("click", async () => {
  $("draw-note").textContent = field.isEmpty() ? say("noInk") : "";
  if (field.isEmpty()) return;
  const model = $("model");
  if (model.selectedOptions[0].dataset.domain !== "digits") {
    model.value = model.querySelector('[data-domain="digits"]')?.value ?? model.value;
  }
  await bring([await field.file()]);
});
