/// <reference lib="dom" />

const key = "mega-report-theme";

/** Storage is refused to pages from disk in some browsers; the choice then lasts as long as the page. */
function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // See above.
  }
}

/** Lets the button switch between light and dark; without a choice the system's preference holds. */
export function installTheme(button: HTMLButtonElement): void {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
  };
  const choice = remembered();
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  label();
  button.hidden = false;
  prefersDark.addEventListener("change", label);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    label();
  });
}
