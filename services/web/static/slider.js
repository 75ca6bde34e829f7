// From one past instant to the next is no new page: Back leads to the claim as it was opened.
const go = (to) => (document.body.dataset.past === "yes" ? location.replace(to) : location.assign(to));

// The as-of slider of a claim: steps through the instants at which something became true.
export function startSlider() {
  const slider = document.getElementById("instant");
  if (!slider) return;
  const steps = [...document.querySelectorAll("#instants option")];
  const told = document.getElementById("instant-told");
  slider.addEventListener("input", () => { told.textContent = steps[slider.value].label; });
  slider.addEventListener("change", () => go(steps[slider.value].dataset.to));
  for (const step of document.querySelectorAll(".slider a"))
    step.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go(step.href);
    });
}
