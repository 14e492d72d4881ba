import assert from "node:assert/strict";
import { detokenizeMoses } from "./detokenizer.ts";

type Cases = readonly (readonly [string, string, string])[];

/** Lines for which English and German agree. */
const common: Cases = [
  ["an empty line is left alone", "", ""],
  ["a line of white space is left alone", " \u00a0 ", " \u00a0 "],
  ["a line like a tag is left alone", "<a , b>", "<a , b>"],
  ["an empty tag is no tag", "<> .", "<>."],
  ["hyphens are joined", "a @-@ b @-@ c", "a-b-c"],
  ["a hyphen uses up the space after it", "a @-@ @-@ b", "a-@-@ b"],
  [
    "entities are undone, ampersands last",
    "&amp;lt; &#91; &#93; &bar; &bra; &ket;",
    "&lt; [] | []",
  ],
  ["stops join the word before", "a , b ; c ?! d : e .", "a, b; c?! d: e."],
  ["brackets join what they hold", "( a ) [ b ] { c }", "(a) [b] {c}"],
  ["currency signs join what follows", "$ 5 € 6 5 %", "$5 €6 5%"],
  ["currency signs of after Unicode 14 do not", "\u20c1 5 \u20c0 6", "\u20c1 5 \u20c06"],
  ["a mixed word is an ordinary word", "a ,b $5 c", "a ,b $5 c"],
  ["quotation marks open and close", 'a " b " c " d', 'a "b" c "d'],
  ["curved marks share the count of straight ones", '„ a " b “ c “', '„a" b “c“'],
  ["each other word of marks is counted alone", "\" a ' b \" c ' d", "\"a 'b\" c' d"],
  ["closing high marks are ordinary words", "“ a ” b", "“a ” b"],
  ["CJK words join each other only", "日本 語 a 한 국 、 b", "日本語 a 한국、 b"],
  ["full-width signs are no CJK here", "日 ！ 本", "日 ！ 本"],
  ["spaces are made one", "  a   b  ", "a b"],
  ["a word between spaces hides the one before", "日  本", "日 本"],
  ["fixed spaces stay", "a\u00a0b , c", "a\u00a0b, c"],
  ["emoji are words", "👍 , 👎", "👍, 👎"],
];

for (const [name, line, expected] of common) {
  Deno.test(`detokenizer: ${name}`, () => {
    assert.equal(detokenizeMoses(line, "en"), expected);
    assert.equal(detokenizeMoses(line, "de"), expected);
  });
}

const differing: readonly (readonly [string, string, string, string])[] = [
  ["endings join their word", "it 's Jo &apos;s", "it's Jo's", "it 's Jo 's"],
  ["an ending after a sign does not", "( 's ) 's", "('s) 's", "('s) 's"],
  ["plural owners", "the boys ' toys 'x", "the boys' toys'x", "the boys 'toys 'x"],
  ["plural owners count for nothing", "boys ' a ' b ' c", "boys' a 'b' c", "boys 'a' b 'c"],
];

for (const [name, line, english, german] of differing) {
  Deno.test(`detokenizer of English and German: ${name}`, () => {
    assert.equal(detokenizeMoses(line, "en"), english);
    assert.equal(detokenizeMoses(line, "de"), german);
  });
}
