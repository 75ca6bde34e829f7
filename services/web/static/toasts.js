// Short messages at the edge of the page; screen readers hear them too.
export function toast(text, action, run) {
  const list = document.getElementById("toasts");
  const item = document.createElement("div");
  item.className = "toast";
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => { item.remove(); run(); });
    item.append(button);
  }
  list.append(item);
  setTimeout(() => item.remove(), action ? 12000 : 5000);
}
