import assert from "node:assert/strict";
import { MosesTokenizer } from "./tokenizer.ts";

const prefixes = {
  always: new Set(["Mr", "z.B", "3", "usw", "x-y"]),
  numericOnly: new Set(["No"]),
};
const english = new MosesTokenizer("en", { prefixes });
const german = new MosesTokenizer("de", { prefixes });

type Cases = readonly (readonly [string, string, string])[];

/** Lines for which English and German agree. */
const common: Cases = [
  ["an empty line is left alone", "", ""],
  ["a line of white space is left alone", " \t\u00a0 ", " \t\u00a0 "],
  ["a byte order mark is a word", "\ufeff", "\ufeff"],
  ["a line of control characters becomes empty", "\x01 \x02", ""],
  ["white space of every kind separates", " a\tb\u00a0c\u2009\u2028d\u0085e  f ", "a b c d e f"],
  ["control characters go, but not DEL", "a\x01b\x1fc\x7fd", "abc \x7f d"],
  ["signs stand alone", "a(b)c/d=e_f", "a ( b ) c / d = e _ f"],
  ["a zero width space is a sign", "a\u200bb", "a \u200b b"],
  ["emoji are signs", "ok👍🏽!", "ok 👍 🏽 !"],
  ["flags and joined emoji fall apart", "🇩🇪👩‍👧", "🇩 🇪 👩 \u200d 👧"],
  ["marks that are no letters are signs", "e\u0301", "e \u0301"],
  ["characters after Unicode 14 are signs", "a\u{31350}b\u0363c", "a \u{31350} b \u0363 c"],
  ["CJK text stays together", "日本語。한국", "日本語 。 한국"],
  ["numbers that are no digits are signs", "5½ x²", "5 ½ x ²"],
  ["hyphens and backticks stay", "well-known `x` -5 --y", "well-known `x` -5 --y"],
  ["commas split but between numbers", "a,b 1,2 3,b c,4", "a , b 1,2 3 , b c , 4"],
  ["numbers of every kind hold a comma", "Ⅷ,١ 5,", "Ⅷ,١ 5 ,"],
  ["every comma of a list splits", "A,B,,C,", "A , B , , C ,"],
  ["a run of dots is a word", "a...b.. c", "a ... b .. c"],
  ["a run of dots at either end", "...a ....", "... a ...."],
  ["a comma beside dots", "a...,5", "a ... , 5"],
  ["the placeholders of dots become dots", "DOTMULTI DOTDOTMULTI x", ". .. x"],
  ["a dot after a placeholder belongs to it", "DOTMULTI.x", ".. x"],
  ["a placeholder after another's dot", "aDOTMULTI.DOTMULTI.x", "a.. ..x"],
  ["a placeholder beside a run of dots", "DOTMULTI...x", ". ... x"],
  ["the last word loses its dot", "Mr. Mr.", "Mr. Mr ."],
  ["the last word loses its dot before a space too", "so usw. ", "so usw ."],
  ["a dot alone stays", ". a . B .", ". a . B ."],
  ["words lose their dot, prefixes keep it", "Ok. Mr. X", "Ok . Mr. X"],
  ["words with inner dots keep it", "U.S. Army", "U.S. Army"],
  ["numbers with inner dots lose it", "1.5. X", "1.5 . X"],
  ["a dot before lower case stays", "Ok. so ok. äh", "Ok. so ok. äh"],
  ["lower case is that of Unicode 14", "Ok. \u10fc Ok. ª", "Ok . \u10fc Ok. ª"],
  [
    "a numeric prefix keeps its dot before ASCII digits",
    "No. 5 No. X No. ٣",
    "No. 5 No . X No . ٣",
  ],
  ["only one dot is cut", "a.b-. C", "a.b-. C"],
  ["a prefix with a hyphen", "x-y. Z", "x-y. Z"],
  ["entities are not recognised", "&amp;", "& amp ;"],
  ["addresses are not protected", "http://a.b/c@d", "http : / / a.b / c @ d"],
];

for (const [name, line, expected] of common) {
  Deno.test(`tokenizer: ${name}`, () => {
    assert.equal(english.tokenize(line), expected);
    assert.equal(german.tokenize(line), expected);
  });
}

const apostrophes: Cases = [
  ["an ending begins with its apostrophe", "John's can't", "John 's can 't"],
  ["matched letters are used up", "rock'n'roll", "rock 'n'roll"],
  ["between others it stands alone", "('x') 5'6", "( ' x ' ) 5 ' 6"],
  ["after a word it stands alone", "boys' toys", "boys ' toys"],
  ["before a word it stands alone", "the 'em", "the ' em"],
  ["decades keep their ending", "1990's 1990'x", "1990 's 1990'x"],
  ["at the ends of a line it is not seen", "'tis '", "'tis '"],
  ["a quotation that ends the line", "He said 'stop.'", "He said ' stop . ' "],
  ["a quotation after a space has two spaces", "no .'", "no  . ' "],
];

for (const [name, line, expected] of apostrophes) {
  Deno.test(`tokenizer, English apostrophes: ${name}`, () => {
    assert.equal(english.tokenize(line), expected);
  });
}

Deno.test("tokenizer: German splits at every apostrophe", () => {
  assert.equal(german.tokenize("Peter's 'rock'n'roll'"), "Peter ' s ' rock ' n ' roll '");
  assert.equal(german.tokenize("Komm.'"), "Komm . '");
});

Deno.test("tokenizer: aggressive splits at hyphens between letters or digits", () => {
  const tokenizer = new MosesTokenizer("de", { prefixes, aggressive: true });
  assert.equal(tokenizer.tokenize("a-b-c 3-4 Ä-ö"), "a @-@ b @-@ c 3 @-@ 4 Ä @-@ ö");
  assert.equal(tokenizer.tokenize("a--b -c d- ½-e"), "a--b -c d- ½ -e");
});

Deno.test("tokenizer: escape writes entities, ampersands first", () => {
  const tokenizer = new MosesTokenizer("en", { prefixes, escape: true });
  assert.equal(
    tokenizer.tokenize(`a|b<c>d'e"f[g]h&lt;`),
    "a &#124; b &lt; c &gt; d &apos;e &quot; f &#91; g &#93; h &amp; lt ;",
  );
});

Deno.test("tokenizer: a long run of dots takes no time to speak of", () => {
  const dots = ".".repeat(200_000);
  assert.equal(english.tokenize(`a${dots}b`), `a ${dots} b`);
});
