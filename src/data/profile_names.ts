/** Scales at which data is prepared and models are trained, from the fastest to the published size. */
export const profileNames = ["smoke", "quick", "small", "paper"] as const;

/** Name of a profile. */
export type ProfileName = typeof profileNames[number];
