/** Locks whose holders are invented, and whose time passes at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LockSystem } from "./folder_lock.ts";

/** Names of everything in a folder, sorted. */
export const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();

/** A lock file as a process leaves it that was killed. */
export function leave(folder: string, number: number, fields: Record<string, unknown> = {}): void {
  const holder = {
    state: "held",
    host: Deno.hostname(),
    pid: 4711,
    startedAt: "2026-01-02T03:04:05.000Z",
    token: "dead",
    kept: true,
    ...fields,
  };
  Deno.writeTextFileSync(join(folder, `lock-${number}.json`), JSON.stringify(holder));
}

/** A system whose time passes at once; `during` happens while a process waits. */
export function fakeTime(during: (waited: number) => void = () => {}) {
  const time = { waited: 0, beats: [] as (() => void)[] };
  const system: Partial<LockSystem> = {
    delay: (milliseconds) => {
      time.waited += milliseconds;
      during(time.waited);
      return Promise.resolve();
    },
    every: (_milliseconds, beat) => {
      time.beats.push(beat);
      return () => {};
    },
  };
  return { time, system };
}

/** An acquisition that must not have to wait. */
export const atOnce = fakeTime(() => assert.fail("waited")).system;
