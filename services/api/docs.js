// Sends what the forms of the API page say, with the key that was typed there. The key is kept nowhere.
"use strict";

const LIMIT = 60_000; // milliseconds that an answer may take
const SHOWN = 200_000; // characters of it that are shown
const NAMED = ["content-type", "x-request-id", "retry-after", "ratelimit", "etag", "next-cursor", "link"];
const key = document.getElementById("key");

function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll("[data-in]")) {
    if (field.dataset.in === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(field.value));
    if (field.dataset.in === "query" && field.value) query.append(field.name, field.value);
  }
  return query.size ? `${path}?${query}` : path;
}

function headersOf(form) {
  const headers = new Headers();
  if (key.value) headers.set("Authorization", `Bearer ${key.value.trim()}`);
  for (const field of form.querySelectorAll("[data-in=header]")) {
    if (field.value) headers.set(field.name, field.value);
  }
  return headers;
}

function bodyOf(form, headers) {
  const { kind, body, file } = form.elements;
  if (!kind) return undefined;
  const chosen = file?.files[0];
  if (kind.value === "multipart/form-data") { // the browser writes the type, with its boundary
    const made = new FormData();
    made.append("file", chosen ?? new Blob([body.value]), chosen?.name ?? "body.txt");
    return made;
  }
  headers.set("Content-Type", kind.value);
  return chosen ?? body.value;
}

async function textOf(answer) {
  const kind = answer.headers.get("content-type") ?? "";
  if (!/json|text|xml/.test(kind)) return `${(await answer.blob()).size} bytes`;
  const text = (await answer.text()).slice(0, SHOWN);
  try {
    return kind.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text;
  }
}

async function send(form) {
  const status = form.querySelector("[role=status]"), shown = form.querySelector("pre");
  status.textContent = "Waiting …";
  shown.hidden = true;
  try {
    const headers = headersOf(form);
    const options = { method: form.dataset.method, headers, body: bodyOf(form, headers), credentials: "omit" };
    const answer = await fetch(addressOf(form), { ...options, cache: "no-store", signal: AbortSignal.timeout(LIMIT) });
    const named = NAMED.filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
    shown.textContent = `${named.join("\n")}\n\n${await textOf(answer)}`;
    shown.hidden = false;
    status.textContent = `${answer.status} ${answer.statusText}`; // last: who waits for it finds the whole answer
  } catch (error) {
    status.textContent = `No answer: ${error.message}`;
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.name !== "kind") return;
  const example = event.target.selectedOptions[0].dataset.example;
  if (example) event.target.form.elements.body.value = example;
});
addEventListener("pagehide", () => { key.value = ""; });
