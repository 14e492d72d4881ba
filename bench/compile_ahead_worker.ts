/** The worker of {@link CompileAhead}: runs every program once on a device of its own. */
import { openDevice } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import { Session } from "../src/train/session.ts";
import { sampleExtents, sessionOptions } from "../src/workloads/recipe.ts";
import type { CompileAheadSetup } from "./compile_ahead.ts";

async function compileAll({ recipes, started }: CompileAheadSetup): Promise<void> {
  const device = await openDevice();
  for (let i = recipes.length - 1; i > Atomics.load(started, 0); i--) {
    try {
      // No seed changes a kernel.
      const session = device.allOrNothing(() => new Session(device, sessionOptions(recipes[i], 0)));
      const sample = sampleExtents(recipes[i]);
      if (sample !== undefined) session.compiled("step", sample);
      session.warmUp();
      await device.finish();
      session.destroy();
    } catch (error) {
      // The run itself will say so, in its row.
      if (!(error instanceof UserError)) throw error;
    }
  }
  device.destroy();
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) void compileAll(event.data);
}, { once: true });
