/** The parallel texts, for the registry. */
import type { TranslationEntry } from "../data_entry.ts";
import { MULTI30K_ENTRY } from "./multi30k/entry.ts";
import { NUMBERS_ENTRY } from "./numbers/entry.ts";
import { WMT16_ENTRY } from "./wmt16/entry.ts";

/** Every parallel text, the one that is made here first. */
export const TRANSLATION_ENTRIES: readonly TranslationEntry[] = [
  NUMBERS_ENTRY,
  MULTI30K_ENTRY,
  WMT16_ENTRY,
];
