// Files dropped on the page: sent one after the other, then followed until every list shows them.
import { ask, place, reason, Refused } from "./talk.js";

let busy = 0;

export function startUpload() {
  const zone = document.getElementById("dropzone");
  if (!zone) return;
  const input = zone.querySelector("input");
  for (const name of ["dragenter", "dragover"])
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });
  input.addEventListener("change", () => { take(input.files); input.value = ""; });
  addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
}

async function take(files) {
  document.getElementById("taken").hidden = false;
  const lines = [...files].map((file) => [file, line(file)]);
  busy += lines.length;
  for (const [file, row] of lines) {
    try {
      const told = await follow(row, await deliver(file, row));
      finish(row, told);
    } catch (error) {
      fail(row, error instanceof Refused ? error.message : "The file could not be uploaded.");
    }
    busy -= 1;
  }
}

function line(file) {
  const row = document.getElementById("taken-line").content.cloneNode(true).querySelector("tr");
  row.querySelector(".name").textContent = file.name;
  row.querySelector("progress").setAttribute("aria-label", `${file.name} sent`);
  document.querySelector("#taken tbody").prepend(row);
  return row;
}

function deliver(file, row) {
  const bar = row.querySelector("progress"), request = new XMLHttpRequest();
  const received = document.querySelector("[name=received]:checked").value;
  request.open("POST", `${place("/v1/edi")}&received_at=${received}`);
  request.setRequestHeader("Content-Type", "application/edi-x12");
  request.setRequestHeader("X-CSRF-Token", document.body.dataset.csrf);
  request.setRequestHeader("X-File-Name", file.name.replace(/[^\x20-\x7e]/g, "_"));
  request.upload.addEventListener("progress", (event) => { bar.value = event.lengthComputable ? event.loaded / event.total : 0; });
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => {
      const told = parsed(request.responseText);
      request.status === 202 ? resolve(told) : reject(new Refused(reason(told, request.status)));
    });
    request.addEventListener("error", () => reject(new Error("network")));
    request.send(file);
  });
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return {}; }
}

async function follow(row, told) {
  const state = row.querySelector(".state");
  row.querySelector("progress").removeAttribute("value");
  state.textContent = "Processing …";
  for (let pause = 150; !told.projected; pause = Math.min(pause * 1.5, 2000)) {
    figures(row, told);
    await new Promise((resolve) => setTimeout(resolve, pause));
    told = await ask(`/v1/intake/${told.correlation_id}`);
  }
  return told;
}

function figures(row, told) {
  row.querySelector(".transaction").textContent = told.transaction ?? "";
  for (const name of ["events", "duplicates", "parked", "unbalanced"])
    row.querySelector(`.${name}`).textContent = told[name].toLocaleString("en-US");
}

function finish(row, told) {
  figures(row, told);
  row.querySelector("progress").remove();
  const clean = !told.parked && !told.unbalanced;
  row.querySelector(".state").textContent =
    told.parked ? "some of it could not be read" : told.unbalanced ? "Imported, out of balance"
    : told.events === 0 && told.duplicates ? "Already imported" : "Imported";
  row.querySelector(".state").classList.add("wait", clean ? "later" : "soon");
  const link = row.querySelector("a");
  link.href = place(`/upload/${told.correlation_id}`);
  link.hidden = false;
  row.dataset.done = "yes";
}

function fail(row, text) {
  row.querySelector("progress").remove();
  row.querySelector(".state").textContent = text;
  row.querySelector(".state").classList.add("wait", "over");
  row.dataset.done = "failed";
}
