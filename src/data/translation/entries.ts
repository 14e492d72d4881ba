/** The parallel texts, for the registry. */
import type { TranslationEntry } from "../data_entry.ts";
import { NUMBERS_ENTRY } from "./numbers/entry.ts";

/** Every parallel text, the one that is made here first. */
export const TRANSLATION_ENTRIES: readonly TranslationEntry[] = [NUMBERS_ENTRY];
