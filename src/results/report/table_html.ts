import { type Cell, cellStyle, cellText, columnGroups, printable, type Table } from "../table.ts";
import { alignDecimals } from "../table_text.ts";
import { Html, html } from "./html.ts";

/** A table as HTML: caption, grouped headers, a body per section, footnotes. */
export function tableHtml(given: Table, id: string): Html {
  const table = printable(given);
  const { columns, sections, footnotes, caption } = table;
  const groups = columnGroups(columns);
  const hasGroups = groups.some(({ title }) => title !== "");
  const ghosts = ghostsOf(table);
  let index = 0;
  const bodies = sections.map(({ title, rows }) => {
    const body = rows.map((row) => rowHtml(row, table, ghosts, index++));
    const heading = title === "" ? html`` : html`
      <tr class="section">
        <th scope="rowgroup" colspan="${columns.length}"><span>${title}</span></th>
      </tr>
    `;
    return html`<tbody>${heading}${body}</tbody>`;
  });
  const groupRow = hasGroups
    ? html`<tr class="groups">${
      groups.map(({ title, span }) =>
        title === ""
          ? html`<td colspan="${span}"></td>`
          : html`<th scope="colgroup" colspan="${span}"><span>${title}</span></th>`
      )
    }</tr>`
    : html``;
  const headers = columns.map(({ header, align }) =>
    html`<th scope="col" class="${align}">${header}</th>`
  );
  const notes = footnotes.length === 0
    ? html``
    : html`<ul class="notes">${footnotes.map((note) => html`<li>${note}</li>`)}</ul>`;
  return html`
    <div class="table" role="region" aria-labelledby="${id}-caption" tabindex="0">
      <table id="${id}"><caption id="${id}-caption"><span>${caption}</span></caption>
    <thead>${groupRow}<tr>${headers}</tr></thead>
    ${bodies}</table>
    </div>
    ${notes}
  `;
}

/**
 * What to append invisibly to each cell of a decimal column so that the points line up when the
 * cells are set flush right: the tail of the widest cell that this one lacks. By column and row.
 */
function ghostsOf({ columns, sections }: Table): string[][] {
  const rows = sections.flatMap((section) => section.rows);
  return columns.map(({ align }, c) => {
    const texts = rows.map((row) => cellText(row[c]));
    if (align !== "decimal") return texts.map(() => "");
    const aligned = alignDecimals(texts);
    const full = aligned.find((text) => /^ *-?\d/.test(text) && !text.endsWith(" "));
    // A dash or cross stands where the digits before the point would.
    const afterDigits = full === undefined ? "" : full.slice(full.search(/\d(?!\d)/) + 1);
    return aligned.map((text, i) => {
      if (/^[^\d\w]$/.test(texts[i])) return afterDigits;
      const lacking = text.length - text.trimEnd().length;
      return lacking === 0 || full === undefined || text === texts[i] ? "" : full.slice(-lacking);
    });
  });
}

function rowHtml(row: readonly Cell[], table: Table, ghosts: string[][], index: number): Html {
  const cells = row.map((cell, c) => {
    const { align } = table.columns[c];
    const classes = [align, cellStyle(cell) ?? ""].join(" ").trim();
    const ghost = ghosts[c][index];
    const content = ghost === ""
      ? html`${cellText(cell)}`
      : html`${cellText(cell)}<span class="ghost" aria-hidden="true">${ghost}</span>`;
    return c === 0
      ? html`<th scope="row" class="${classes}">${content}</th>`
      : html`<td class="${classes}">${content}</td>`;
  });
  return html`<tr>${cells}</tr>\n`;
}
