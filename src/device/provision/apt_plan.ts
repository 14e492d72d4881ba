import { type AptSource, sourceField, sourceWords } from "./apt_sources.ts";
import type { Distribution } from "./os_release.ts";

/** From which suites the private apt takes the driver. */
export interface AptPlan {
  /** The stanzas for the private source file. */
  readonly sources: readonly AptSource[];
  /** The suite that wins (`apt-get -t`); also the one that the driver's origin names. */
  readonly suite: string;
}

/**
 * Chooses the sources for the driver out of those that the machine names itself: its own release
 * with updates and security fixes, and nothing from third parties. On Debian 12 the backports suite
 * of the same mirror comes first, because its Mesa 25 compiles compute kernels to code about twice
 * as fast as the release's Mesa 22.
 *
 * @returns The plans in order of preference; empty where no source carries the release.
 */
export function planApt(distribution: Distribution, sources: readonly AptSource[]): AptPlan[] {
  const { codename } = distribution;
  if (codename === "") return [];
  const suites = [codename, `${codename}-updates`, `${codename}-security`];
  const own: AptSource[] = [];
  let main: AptSource | undefined;
  for (const source of sources) {
    if (!sourceWords(source, "Types").includes("deb")) continue;
    if (sourceField(source, "Enabled")?.trim().toLowerCase() === "no") continue;
    const kept = sourceWords(source, "Suites").filter((suite) => suites.includes(suite));
    if (kept.length === 0) continue;
    const stanza = restrict(source, kept);
    own.push(stanza);
    if (main === undefined && kept.includes(codename)) main = stanza;
  }
  if (main === undefined) return [];
  const plans: AptPlan[] = [{ sources: own, suite: codename }];
  if (distribution.id === "debian" && distribution.version === "12") {
    const suite = `${codename}-backports`;
    plans.unshift({ sources: [...own, restrict(main, [suite])], suite });
  }
  return plans;
}

/** The same source with other suites, binary packages only, and only the `main` component. */
function restrict(source: AptSource, suites: readonly string[]): AptSource {
  const components = sourceWords(source, "Components");
  const fields = new Map(source);
  for (const key of source.keys()) {
    const name = key.toLowerCase();
    if (name === "types") fields.set(key, "deb");
    if (name === "suites") fields.set(key, suites.join(" "));
    if (name === "components" && components.includes("main")) fields.set(key, "main");
  }
  return fields;
}
