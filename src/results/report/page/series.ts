/// <reference lib="dom" />

/** Lets the legend emphasise models: pressing one fades the others in every figure. */
export function installSeries(legend: HTMLElement): void {
  const buttons = [...legend.querySelectorAll<HTMLButtonElement>("button[data-series]")];
  const update = () => {
    const chosen = new Set(
      buttons.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) =>
        button.dataset.series ?? ""
      ),
    );
    for (const element of document.querySelectorAll(".plot .series")) {
      const isOn = chosen.size === 0 ||
        [...chosen].some((name) => element.classList.contains(`series-${name}`));
      element.classList.toggle("faded", !isOn);
    }
  };
  for (const button of buttons) {
    button.disabled = false;
    button.addEventListener("click", () => {
      const isPressed = button.getAttribute("aria-pressed") === "true";
      button.setAttribute("aria-pressed", `${!isPressed}`);
      update();
    });
  }
}
