/** What tables of measured runs may be told. */
export interface PublishedOption {
  /** Whether the figures of the paper and of others stand above ours; they do unless told. */
  published?: boolean;
}
