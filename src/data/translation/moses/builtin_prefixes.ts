import type { Language } from "../parallel_corpus.ts";
import type { NonbreakingPrefixes } from "./prefixes.ts";

const words = (text: string) => text.split(" ");
const CAPITALS = words("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z");
const ROMAN = words("II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XX XXI");

// Short lists of our own: the full ones of Moses are under the LGPL and can be fetched.
const LISTS: Readonly<Record<Language, NonbreakingPrefixes>> = {
  en: {
    always: new Set([
      ...CAPITALS,
      ...words("Mr Mrs Ms Dr Prof Rev Hon St Mt Jr Sr Ph Messrs"),
      ...words("Gen Col Maj Capt Cpt Lt Sgt Cmdr Adm Sen Rep Gov Pres"),
      ...words("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec"),
      ...words("vs approx dept est"),
    ]),
    numericOnly: new Set(words("No Nos Art Fig Vol Ch p pp")),
  },
  de: {
    always: new Set([
      ...CAPITALS,
      ...CAPITALS.map((letter) => letter.toLowerCase()),
      ...ROMAN,
      // Ordinals of days and storeys: "am 3. Oktober", "im 2. Stock".
      ...Array.from({ length: 99 }, (_, i) => String(i + 1)),
      ...words("Dr Prof Hr Fr Frl Dipl Ing Mag Hrsg"),
      ...words("Abb Abs Art Aufl Bd Bsp Chr Co Jh Kap Mio Mrd Nr Std Str Tel Ziff"),
      ...words("Jan Feb Apr Aug Sept Okt Nov Dez"),
      ...words("bzw ca etc evtl geb gegr gest ggf inkl max min sog usw vgl zzgl"),
    ]),
    numericOnly: new Set(),
  },
};

/** A list of abbreviations that comes with the program. */
export function builtinPrefixes(language: Language): NonbreakingPrefixes {
  return LISTS[language];
}
