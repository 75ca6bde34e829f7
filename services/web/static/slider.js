// The as-of slider of a claim: steps through the instants at which something became true.
export function startSlider() {
  const slider = document.getElementById("instant");
  if (!slider) return;
  const steps = [...document.querySelectorAll("#instants option")];
  const told = document.getElementById("instant-told");
  slider.addEventListener("input", () => { told.textContent = steps[slider.value].label; });
  slider.addEventListener("change", () => location.assign(steps[slider.value].dataset.to));
}
