/**
 * Where the examples of a data set come from: a generator of this project, the program or its
 * packages, the published files, or other files that the user has.
 */
export const DATA_ORIGINS = ["generated", "embedded", "official", "custom"] as const;

/** See {@link DATA_ORIGINS}. */
export type DataOrigin = (typeof DATA_ORIGINS)[number];

/** How many of a thing the published data has, and how many were found. */
export interface PublishedCount {
  /** For example `training reviews`. */
  readonly what: string;
  readonly published: number;
  readonly found: number;
}

/** What differs from the published data (`12 of 96,000 training expressions`), or undefined. */
export function departure(counts: readonly PublishedCount[]): string | undefined {
  const number = (value: number) => value.toLocaleString("en-US");
  const different = counts
    .filter(({ published, found }) => published !== found)
    .map(({ what, published, found }) =>
      found < published
        ? `${number(found)} of ${number(published)} ${what}`
        : `${number(found)} ${what}, published are ${number(published)}`
    );
  return different.length === 0 ? undefined : different.join(", ");
}

/** Data of a folder: the published one, or how it differs. */
export interface FolderOrigin {
  readonly origin: "official" | "custom";
  /** Why it is not the published data; undefined when it is. */
  readonly why: string | undefined;
}

/**
 * Compares a folder with the published data, and says on the terminal when it is something else.
 *
 * @param departure As `departure` gives it.
 */
export function originOfFolder(
  { id, folder, print }: {
    readonly id: string;
    readonly folder: string;
    readonly print?: ((line: string) => void) | undefined;
  },
  departure: string | undefined,
): FolderOrigin {
  if (departure === undefined) return { origin: "official", why: undefined };
  print?.(`${id}: not the official data (${departure}), results call it custom: ${folder}`);
  return { origin: "custom", why: departure };
}
