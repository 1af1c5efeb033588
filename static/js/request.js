// One way to ask the server: every failure ends as a Problem with a sentence a person can read.

import { say } from "./words.js";

const PATIENCE = 60; // tries while the models warm up

export class Problem extends Error {
  constructor(sentence, requestId = "") {
    super(sentence);
    this.requestId = requestId;
  }
}

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(say("offline"));
  }
}

async function problemOf(response) {
  const id = response.headers.get("X-Request-ID") ?? "";
  const body = await response.json().catch(() => ({}));
  return new Problem(body.error ?? say("failed"), id);
}

/** JSON from `url`; a 503 with Retry-After is waited for, `onWait` is told each time. */
export async function getJSON(url, { signal, onWait = () => {} } = {}) {
  const headers = { Accept: "application/json" };
  for (let tries = 0; ; tries += 1) {
    const response = await send(url, { headers, signal });
    if (response.redirected) location.reload(); // signed out meanwhile: the page itself leads to sign-in
    if (response.ok && !response.redirected) return response.json();
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status !== 503 || !seconds || tries >= PATIENCE) throw await problemOf(response);
    onWait();
    await pause(seconds);
    signal?.throwIfAborted();
  }
}
