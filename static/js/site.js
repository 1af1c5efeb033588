// What every page shares: menus, messages and the theme switch. All of it also works without this file.

const READING_MS = 6000;

function closeMenus(except) {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("[data-menu]")));
document.addEventListener("keydown", (event) => {
  const open = document.querySelector("[data-menu][open]");
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// The theme changes in place, so that a page in the middle of something keeps its state.
async function changeTheme(event) {
  const form = event.target.closest("[data-theme-form]");
  const chosen = event.submitter;
  if (!form || !chosen) return;
  event.preventDefault();
  window.applyTheme(chosen.value);
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === chosen));
  }
  closeMenus();
  const body = new FormData(form, chosen);
  await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
}
document.addEventListener("submit", changeTheme);

// Good news leaves by itself; a refusal stays until it is closed.
function tend(message) {
  const kind = message.dataset.message;
  if (kind === "error" || kind === "warning" || message.dataset.tended) return;
  message.dataset.tended = "yes";
  let timer = setTimeout(() => message.remove(), READING_MS);
  message.addEventListener("pointerenter", () => clearTimeout(timer));
  message.addEventListener("focusin", () => clearTimeout(timer));
  message.addEventListener("pointerleave", () => {
    timer = setTimeout(() => message.remove(), READING_MS);
  });
}

function tendAll() {
  document.querySelectorAll("[data-message]").forEach(tend);
}

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss-message]")?.closest("[data-message]").remove();
});
document.addEventListener("htmx:afterSettle", tendAll);
tendAll();

// Scripts of a page say one sentence in the same place as the server's messages:
// window.dispatchEvent(new CustomEvent("say", { detail: { sentence, kind } })).
window.addEventListener("say", ({ detail: { sentence, kind = "info" } }) => {
  const region = document.getElementById("messages");
  const message = document.createElement("div");
  message.className = `message message-${kind}`;
  message.dataset.message = kind;
  const words = document.createElement("p");
  words.textContent = sentence;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-quiet";
  close.dataset.dismissMessage = "";
  close.textContent = region.dataset.close;
  message.append(words, close);
  region.append(message);
  tend(message);
});
