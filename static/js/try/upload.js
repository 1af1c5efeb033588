// One file's way to the server, with its progress and its outcome in one row.

import { say } from "../words.js";

const RETRIES = 20; // while the models warm up

const NAMED = { "image/svg+xml": "svg", "image/heic": "heic", "image/heif": "heic" };

/** The server's own sentence that refuses `file`, said before it is sent, or "". */
export function refusal(file, megabytes) {
  if (file.size === 0) return say("empty");
  if (file.size > megabytes * 1024 * 1024) return say("heavy");
  if (file.type in NAMED) return say(NAMED[file.type]);
  return file.type && !file.type.startsWith("image/") ? say("wrongKind") : "";
}

/** A row for `file`: {element, progress(share), words(text), done(url), refused(sentence)}. */
export function outcomeRow(file) {
  const element = document.createElement("li");
  element.className = "result";
  const image = Object.assign(new Image(56, 56), { alt: "", src: URL.createObjectURL(file) });
  image.addEventListener("error", () => image.classList.add("is-blank"));
  const body = document.createElement("div");
  const name = Object.assign(document.createElement("p"), { className: "result-name", textContent: file.name });
  const state = Object.assign(document.createElement("p"), { className: "small muted" });
  const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
  bar.setAttribute("aria-label", file.name);
  body.append(name, state, bar);
  element.append(image, body);
  return {
    element,
    progress: (share) => { bar.value = share; },
    words: (text) => { state.textContent = text; },
    done(url) {
      bar.remove();
      state.textContent = "";
      const link = Object.assign(document.createElement("a"), { className: "btn btn-secondary", href: url, textContent: say("open") });
      element.append(link);
    },
    refused(sentence) {
      bar.remove();
      element.classList.add("is-refused");
      state.className = "small result-error";
      state.textContent = sentence;
    },
  };
}

function post(form, file, onProgress) {
  const body = new FormData(form);
  body.delete("files");
  body.append("files", file, file.name);
  const request = new XMLHttpRequest(); // fetch tells nothing about the bytes already sent
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => resolve(request));
    request.send(body);
  });
}

function sentenceOf(request) {
  if (!request.status) return say("offline");
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const sentence = page.querySelector(".result-error, [role=alert], main h1")?.textContent.trim() || say("failed");
  const id = request.getResponseHeader("X-Request-ID");
  return request.status >= 500 && id ? `${sentence} ${say("request", { id })}` : sentence;
}

/** Send `file` with the fields of `form`; resolves to the page it led to, or null when refused. */
export async function send(form, file, row) {
  for (let tries = 0; ; tries += 1) {
    row.words(say("sending"));
    const request = await post(form, file, (share) => {
      row.progress(share);
      if (share === 1) row.words(say("thinking"));
    });
    const url = request.getResponseHeader("HX-Redirect");
    if (url) {
      row.done(url);
      return url;
    }
    const seconds = Number(request.getResponseHeader("Retry-After"));
    if (request.status !== 503 || !seconds || tries >= RETRIES) {
      row.refused(sentenceOf(request));
      return null;
    }
    row.words(say("warming"));
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}
