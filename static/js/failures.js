// When an htmx request fails, the page says so in one sentence instead of doing nothing.

import { say } from "./words.js";

function tell(sentence) {
  window.dispatchEvent(new CustomEvent("say", { detail: { sentence, kind: "error" } }));
}

document.addEventListener("htmx:sendError", () => tell(say("offline")));
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const sentence = page.querySelector("main h1")?.textContent.trim() || say("failed");
  const id = xhr.getResponseHeader("X-Request-ID");
  tell(id ? `${sentence} ${say("request", { id })}` : sentence);
});
