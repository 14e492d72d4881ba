/** The worker of {@link CompileAhead}: runs every program once on a device of its own. */
import { openDevice } from "../src/device/device.ts";
import { UserError } from "../src/errors.ts";
import { buildTrainer } from "./classifier_trainer.ts";
import type { CompileAheadSetup } from "./compile_ahead.ts";

async function compileAll({ runs, started }: CompileAheadSetup): Promise<void> {
  const device = await openDevice();
  for (let i = runs.length - 1; i > Atomics.load(started, 0); i--) {
    try {
      const trainer = device.allOrNothing(() => buildTrainer(device, runs[i]));
      trainer.warmUp();
      await device.finish();
      trainer.destroy();
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
