/// <reference lib="dom" />

/** Shows the titles of marks at the pointer, at once and in the style of the page. */
export function installTooltip(): void {
  const tooltip = document.createElement("div");
  tooltip.className = "tooltip";
  tooltip.hidden = true;
  tooltip.setAttribute("role", "presentation");
  document.body.append(tooltip);
  for (const title of document.querySelectorAll(".plot .series title")) {
    const mark = title.parentElement;
    if (mark === null) continue;
    // The browser's own tooltip would follow a second later; the name itself must stay.
    mark.setAttribute("aria-label", title.textContent ?? "");
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const { target } = event;
    const mark = target instanceof Element ? target.closest(".plot .series [aria-label]") : null;
    const text = mark?.getAttribute("aria-label") ?? "";
    tooltip.hidden = text === "";
    if (text === "") return;
    tooltip.textContent = text;
    const { width, height } = tooltip.getBoundingClientRect();
    const x = Math.min(event.clientX + 14, innerWidth - width - 8);
    const y = event.clientY - height - 12;
    tooltip.style.transform = `translate(${Math.max(8, x)}px, ${y < 8 ? event.clientY + 18 : y}px)`;
  });
}
