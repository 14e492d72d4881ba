import { samplesByTask, type TaskSamples } from "../display/samples.ts";
import { displayName } from "../display_names.ts";
import { type MeasuredSet, setPlace } from "../tables/measured_set.ts";
import { Html, html } from "./html.ts";

/**
 * What the models of the first seed wrote, by set and task: continued texts by model, translations
 * by sentence below source and reference. Empty when no model wrote anything.
 */
export function samplesHtml(sets: readonly MeasuredSet[]): Html {
  const blocks = sets.flatMap((set) =>
    samplesByTask(set.rows).map((samples) => taskHtml(samples, setPlace(set)))
  );
  return new Html(blocks.map(({ text }) => text).join(""));
}

function taskHtml({ task, seed, sentences, samples }: TaskSamples, where: string): Html {
  const lists = sentences !== null
    ? sentences.map(({ source, reference, translations }) =>
      listHtml([
        ...source === null ? [] : [{ name: "Source", text: source, isGiven: true }],
        ...reference === null ? [] : [{ name: "Reference", text: reference, isGiven: true }],
        ...translations.map(({ model, text }) => ({ name: displayName(model), text })),
      ])
    )
    : [listHtml(samples.map(({ model, sample }) => ({ name: displayName(model), text: sample })))];
  return html`<h3>${task}</h3><p>${where}. Seed ${seed}.</p>${lists}`;
}

interface Entry {
  name: string;
  text: string;
  /** Whether the text was given to the model and not written by it. */
  isGiven?: boolean;
}

function listHtml(entries: readonly Entry[]): Html {
  return html`<dl class="samples">${
    entries.map(({ name, text, isGiven = false }) =>
      html`
        <dt>${name}</dt>
        <dd${isGiven ? new Html(' class="given"') : ""}>${text.trim()}</dd>
      `
    )
  }</dl>`;
}
