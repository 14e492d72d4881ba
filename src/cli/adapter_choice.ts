import { UserError } from "../errors.ts";
import type { DriverKind } from "../device/provision/ensure_driver.ts";
import type { ReadEnv } from "./paths.ts";

/** Whether, and which, software adapters may stand in for a GPU. */
export interface AdapterChoice {
  /** `auto`: only where no adapter answers; `always`: even where a GPU exists; `never`. */
  readonly when: "auto" | "always" | "never";
  /** The drivers that may be provided, best first. */
  readonly kinds: readonly DriverKind[];
}

const SWITCH_OFF = "--no-software-adapter";

/**
 * Reads the choice from `--no-software-adapter` and `MEGA_SOFTWARE_ADAPTER` (0, 1, mesa or
 * swiftshader), and removes the flag from the arguments.
 *
 * @throws {UserError} on any other value of the variable.
 */
export function chooseAdapter(
  args: readonly string[],
  env: ReadEnv,
): { choice: AdapterChoice; rest: string[] } {
  const rest = args.filter((arg) => arg !== SWITCH_OFF);
  const both: readonly DriverKind[] = ["mesa", "swiftshader"];
  const wanted = rest.length < args.length ? "0" : env("MEGA_SOFTWARE_ADAPTER") ?? "";
  switch (wanted) {
    case "":
    case "auto":
      return { choice: { when: "auto", kinds: both }, rest };
    case "0":
      return { choice: { when: "never", kinds: [] }, rest };
    case "1":
      return { choice: { when: "always", kinds: both }, rest };
    case "mesa":
    case "swiftshader":
      return { choice: { when: "always", kinds: [wanted] }, rest };
    default:
      throw new UserError(
        `MEGA_SOFTWARE_ADAPTER is "${wanted}"; use 0 (never), 1 (always), mesa or swiftshader`,
      );
  }
}
