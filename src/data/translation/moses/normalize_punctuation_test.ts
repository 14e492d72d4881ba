import assert from "node:assert/strict";
import { normalizePunctuation } from "./normalize_punctuation.ts";

/** Lines for which English and German agree. */
const common: readonly (readonly [string, string, string])[] = [
  ["an empty line stays empty", "", ""],
  ["spaces become one space, which stays at the ends", "   ", " "],
  ["carriage returns go", "up\rdown\r", "updown"],
  ["brackets get spaces outside and lose them inside", "one( two )three", "one (two) three"],
  ["a bracket at an end keeps its space", "(x)", " (x) "],
  ["no space between a bracket and a stop", "(x) . (y) , (z) ?", " (x). (y), (z)?"],
  ["per cent signs join ASCII digits", "7 % ٣ % x %", "7% ٣ % x %"],
  ["colons and semicolons join the word", "a : b ; c ? d !", "a: b; c ? d !"],
  ["backticks and pairs of apostrophes", "`a` ''b''", "'a' \" b \" "],
  ["curved quotation marks", "„a“ ”b”", '"a" "b"'],
  ["dashes", "1–2 a—b c — d", "1-2 a - b c - d"],
  ["acute accents are apostrophes", "it´s", "it's"],
  ["two acute accents are a quotation mark", "´´a´´", '"a"'],
  ["high marks between ASCII letters are apostrophes", "don’t rock‘n", "don't rock'n"],
  ["matched letters are used up", "a’b’c", "a'b\"c"],
  ["the left one is an apostrophe elsewhere, the right one a quotation mark", "‘a 5’", "'a 5\""],
  ["letters beyond ASCII do not count", "é’t ä‘b", "é\"t ä'b"],
  ["the low one is an apostrophe", "‚a‘", "'a'"],
  ["an ellipsis is three dots", "a…", "a..."],
  ["guillemets", "«a» x\u00a0«\u00a0b\u00a0»\u00a0y «\u00a0c\u00a0»", '"a" x "b" y "c"'],
  [
    "fixed spaces before signs",
    "5\u00a0% nº\u00a07 a\u00a0: b\u00a0; c\u00a0? d\u00a0!",
    "5% nº 7 a: b; c? d!",
  ],
  ["fixed spaces before units", "3\u00a0ºC 4\u00a0cm 5\u00a0km", "3 ºC 4 cm 5\u00a0km"],
  ["a fixed space after a comma", "a,\u00a0 b", "a, b"],
  ["emoji and other scripts stay", "👍🏽 日本「語」 ٣", "👍🏽 日本「語」 ٣"],
  ["single spaces at the ends stay", "  a  ", " a "],
];

for (const [name, line, expected] of common) {
  Deno.test(`punctuation: ${name}`, () => {
    assert.equal(normalizePunctuation(line, "en"), expected);
    assert.equal(normalizePunctuation(line, "de"), expected);
  });
}

const differing: readonly (readonly [string, string, string, string])[] = [
  ["commas and dots at a quotation mark", 'x "a", "b". y', 'x "a," "b." y', 'x "a", "b". y'],
  ["the other way round", 'x "a," "b." y', 'x "a," "b." y', 'x "a", "b". y'],
  ["the end of the line is something after the mark", 'Ende."', 'Ende."', 'Ende".'],
  ["all dots move", 'Ende..."', 'Ende..."', 'Ende"...'],
  ["not before a tag", '"x."<i>', '"x."<i>', '"x."<i>'],
  ["a space before a tag is enough", '"x." <i>', '"x." <i>', '"x". <i>'],
  ["the character after the mark is used up", 'a."."b', 'a..""b', 'a".."b'],
  [
    "fixed spaces between digits",
    "1\u00a02\u00a03 4\u00a0567",
    "1.2\u00a03 4.567",
    "1,2\u00a03 4,567",
  ],
  ["digits of other scripts keep it", "٣\u00a0٣", "٣\u00a0٣", "٣\u00a0٣"],
];

for (const [name, line, english, german] of differing) {
  Deno.test(`punctuation of English and German: ${name}`, () => {
    assert.equal(normalizePunctuation(line, "en"), english);
    assert.equal(normalizePunctuation(line, "de"), german);
  });
}

Deno.test("Penn keeps backticks, and pairs of apostrophes are quotation marks without spaces", () => {
  assert.equal(normalizePunctuation("``a'' `b'", "en", true), "``a\" `b'");
});

Deno.test("Czech keeps quotation marks, and other languages follow German but for decimals", () => {
  const line = '"a," "b." x 1\u00a02';
  assert.equal(normalizePunctuation(line, "cs"), '"a," "b." x 1,2');
  assert.equal(normalizePunctuation(line, "cz"), '"a," "b." x 1,2');
  assert.equal(normalizePunctuation(line, "fr"), '"a", "b". x 1,2');
  assert.equal(normalizePunctuation(line, "it"), '"a", "b". x 1.2');
});
