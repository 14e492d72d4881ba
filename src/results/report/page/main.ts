/// <reference lib="dom" />
/** Script of the report. The page is complete without it. */
import { installSeries } from "./series.ts";
import { installTheme } from "./theme.ts";
import { installTooltip } from "./tooltip.ts";

const button = document.querySelector<HTMLButtonElement>("#theme");
if (button !== null) installTheme(button);
const legend = document.querySelector<HTMLElement>("#legend");
if (legend !== null) installSeries(legend);
installTooltip();
