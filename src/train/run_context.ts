/** What a training run needs beside its settings, and what it gives. */
import type { RunProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import type { DecodedSplit, DecodeRunner, Evaluation, Workload } from "./workload.ts";

/** Progress as it is reported while training. */
export interface RunReport {
  readonly update: number;
  /** Nats per unit of the workload's normaliser. */
  readonly loss: number;
  /** The first score of the workload, on the training batches since the last report. */
  readonly score: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

/** What a run does with its model. */
export type RunSession =
  & DecodeRunner
  & Pick<
    Session,
    | "evaluate"
    | "initialize"
    | "metricsFull"
    | "readMetrics"
    | "restore"
    | "restoreParameters"
    | "snapshot"
    | "submitMilliseconds"
    | "trained"
    | "update"
  >;

/** What a run needs beside its settings. */
export interface RunContext {
  readonly session: RunSession;
  readonly workload: Workload;
  /**
   * Folder of the run's own for checkpoints and the models that they refer to, or undefined to keep
   * none. A run that does not resume replaces what is there.
   */
  readonly folder: string | undefined;
  /** Identity of the run; a checkpoint of another identity is refused. */
  readonly identity: string;
  /** Continue from the checkpoint in `folder` if there is one. */
  readonly resume: boolean;
  /** Seconds already spent on compiling. */
  readonly compileSeconds: number;
  readonly onReport?: (report: RunReport) => void;
  /** Called before files of the run are written; what it throws ends the run. */
  readonly mayWrite?: () => Promise<void>;
  /**
   * Called whenever `last.safetensors` has been written, with what it says of the progress (not to be
   * changed); what it throws ends the run.
   */
  readonly onCheckpoint?: (progress: RunProgress) => Promise<void>;
  /** Ends the run cleanly after the current update or evaluation batch, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** How a run ended and everything it measured. */
export interface RunOutcome {
  readonly status: "completed" | "diverged" | "interrupted";
  readonly reason: string | undefined;
  readonly progress: RunProgress;
  /** Evaluations of the best checkpoint, or of the averaged one; none unless the run completed. */
  readonly results: readonly Evaluation[];
  /** What that model wrote, for workloads that are scored by text. */
  readonly decoded: readonly DecodedSplit[];
  /** Part of the training time that the host spent on waiting for batches and on encoding. */
  readonly hostShare: number | undefined;
}
