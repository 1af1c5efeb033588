// The laboratory page: one bench, and what is saved, downloaded and chosen around it.

import "../failures.js";
import { Bench, GAIN } from "./bench.js";
import { mountCompare } from "./compare.js";
import { mountPixels } from "./pixels.js";
import { submitOnChange } from "./submit.js";

const $ = (id) => document.getElementById(id);
const config = JSON.parse($("lab-config").textContent);
const bench = new Bench(config);
const memory = `lab:${location.pathname}:${config.model}`; // a reload finds the slider where it was

function link(name, values) {
  const url = new URL(config.urls[name], location.href);
  const all = { model: config.model, target: bench.target, ...values };
  for (const [key, value] of Object.entries(all)) url.searchParams.set(key, value);
  return `${url.pathname}${url.search}&download`;
}

function refreshLinks() {
  $("sign-link").href = link("sign", {});
  $("difference-link").href = link("difference", { steps: bench.n, gain: GAIN });
  $("curve-link").href = link("curve", { max: bench.sweep.max_steps });
}

// One save after the other: of several at once htmx would keep only the last.
let saving = Promise.resolve();

function save(resolution) {
  const values = { model: config.model, epsilon: bench.slider.asked(), target: bench.target, resolution };
  saving = saving.then(() => saved(values));
  return saving;
}

// The link to the file; none where the server refused, of which failures.js tells.
async function saved(values) {
  const place = { source: $("attack-form"), target: "#saved-list", swap: "innerHTML", values };
  $("saved-list").querySelector("[data-just-saved]")?.removeAttribute("data-just-saved");
  $("attack-form").classList.add("is-saving");
  try {
    await window.htmx.ajax("POST", config.urls.save, place);
  } catch {
    return null;
  } finally {
    $("attack-form").classList.remove("is-saving");
  }
  return $("saved-list").querySelector("[data-just-saved] [data-file]");
}

$("save").addEventListener("click", (event) => {
  event.preventDefault();
  save("model");
});
for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const file = await save(button.dataset.download);
    file?.click();
  });
}

$("download-menu").addEventListener("click", (event) => {
  if (event.target.closest(".menu-body a, .menu-body button")) $("download-menu").open = false;
});

$("target").addEventListener("change", (event) => {
  bench.target = event.target.value;
  bench.load();
});
submitOnChange();

bench.addEventListener("settled", () => {
  refreshLinks();
  sessionStorage.setItem(memory, String(bench.n));
});
bench.addEventListener("awake", refreshLinks);
// The page came before the model was warm: now it can come whole.
if ("unanswered" in $("bench").dataset) bench.addEventListener("awake", () => location.reload());
if (config.domain === "digits") mountPixels([$("original-frame"), $("perturbed-frame")], $("pixel-readout"), bench);
mountCompare($("board"), $("compare"));
if (config.steps === null) bench.n = Math.min(Number(sessionStorage.getItem(memory)), config.axis);
bench.load();
