import { UserError } from "../errors.ts";
import {
  type AdapterAnswer,
  checkAdapter,
  checkAdapterIn,
} from "../device/provision/adapter_check.ts";
import { driverEnvironment } from "../device/provision/driver.ts";
import { ensureDriver } from "../device/provision/ensure_driver.ts";
import type { AdapterChoice } from "./adapter_choice.ts";
import { systemDriverEnvironment } from "./child_environment.ts";

/** What {@link prepareAdapter} has to know. */
export interface AdapterRequest {
  readonly command: string;
  readonly choice: AdapterChoice;
  /** The folder of provided drivers. */
  readonly drivers: string;
  readonly say: (line: string) => void;
  /** The user's `LD_LIBRARY_PATH`. */
  readonly libraryPath: string | undefined;
}

/** An adapter for a command. */
export interface Adapter {
  /** What the command's environment needs for it. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Compares a provided driver with its hashes and provides it again if it is damaged.
   *
   * @returns The environment to start again with; undefined where nothing was damaged.
   */
  mend(): Promise<Readonly<Record<string, string>> | undefined>;
}

/**
 * Finds an adapter, or provides one.
 *
 * @throws {UserError} when there is none and none can be provided.
 */
export async function prepareAdapter(request: AdapterRequest): Promise<Adapter> {
  const { command, choice, drivers, say, libraryPath } = request;
  const nothingToMend = () => Promise.resolve(undefined);
  if (choice.when !== "always") {
    const answer = await systemAdapter(request);
    if (answer !== undefined) {
      const environment = {
        ...await systemDriverEnvironment(answer),
        ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }),
      };
      return { environment, mend: nothingToMend };
    }
    if (choice.when === "never" || Deno.build.os !== "linux") {
      return { environment: {}, mend: nothingToMend };
    }
  }
  const provide = async (verify: boolean, report: (line: string) => void) => {
    const driver = await ensureDriver({ drivers, kinds: choice.kinds, say: report, verify });
    return driverEnvironment(driver, libraryPath);
  };
  try {
    return {
      // The doctor looks closely, at any time.
      environment: await provide(command === "doctor", say),
      async mend() {
        let mended = false;
        const environment = await provide(true, (line) => {
          mended = true;
          say(line);
        });
        return mended ? environment : undefined;
      },
    };
  } catch (error) {
    // The doctor's business is to say what is missing, so it runs also where this fails.
    if (command !== "doctor" || !(error instanceof UserError)) throw error;
    say(error.message);
    return { environment: {}, mend: nothingToMend };
  }
}

async function systemAdapter(
  { say, libraryPath }: AdapterRequest,
): Promise<AdapterAnswer | undefined> {
  const unusable = (reason: string) => {
    say(`the system's adapter is not usable (${reason}); looking for a software one`);
    return undefined;
  };
  try {
    // This process sees only the libraries that it was started with.
    if (libraryPath === undefined || libraryPath === Deno.env.get("LD_LIBRARY_PATH")) {
      return await checkAdapter();
    }
    const answer = await checkAdapterIn({ LD_LIBRARY_PATH: libraryPath });
    if (typeof answer !== "string") return answer;
    return answer === "no adapter answers" ? undefined : unusable(answer);
  } catch (error) {
    return unusable(error instanceof Error ? error.message : String(error));
  }
}
