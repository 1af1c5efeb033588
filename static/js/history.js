// The history: choosing many at once, and links that follow the filters.

import "./failures.js";
import { say } from "./words.js";

const $ = (id) => document.getElementById(id);
const boxes = () => [...document.querySelectorAll('#rows input[name="image"]')];
const chosen = () => boxes().filter((box) => box.checked);

function refresh() {
  const count = chosen().length;
  const all = boxes().length;
  $("chosen-count").textContent = count ? say("chosen", { count }) : "";
  $("delete-chosen").disabled = count === 0;
  $("choose-all").checked = all > 0 && count === all;
  $("choose-all").indeterminate = count > 0 && count < all;
}

$("choose-all").addEventListener("change", (event) => {
  for (const box of boxes()) box.checked = event.target.checked;
  refresh();
});
$("rows").addEventListener("change", refresh);
$("chosen").addEventListener("submit", (event) => {
  const { question, questionOne } = event.target.dataset;
  const count = chosen().length;
  if (!window.confirm(count === 1 ? questionOne : question.replace("{count}", count))) event.preventDefault();
});

// After a filter the address holds it: the CSV and the way back after deleting take it from there.
document.addEventListener("htmx:afterSettle", () => {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of [...query]) if (!value) query.delete(key);
  query.delete("page");
  $("csv-link").href = `${$("csv-link").dataset.base}?${query}`;
  $("chosen").elements.next.value = String(query);
  refresh();
});
refresh();
