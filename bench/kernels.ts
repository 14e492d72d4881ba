/**
 * The kernel suite: every kernel at every shape on this adapter, with the same work by other
 * libraries where they can do it. A kernel whose result is wrong gets no timing.
 */
import { freshGraph } from "../src/graph/build.ts";
import type { Tensor } from "../src/graph/contract.ts";
import { constantValues, input, roleOf, sourceName } from "../kernels/source/mod.ts";
import { UserError } from "../src/errors.ts";
import type { Device } from "../src/device/device.ts";
import { measureBandwidth, measureFmaRate } from "../src/device/probes.ts";
import { timeSource } from "../src/device/timing.ts";
import { benchmark, type MachineRates, ratesOf, type Timing } from "../src/eval/micro_benchmark.ts";
import { interpret, sourcesOf } from "../src/compiler/evaluate.ts";
import { type BufferRange, compile, type Program } from "../src/compiler/program.ts";
import type { KernelRow } from "../src/results/schema_kernel.ts";
import { withoutLocalPaths } from "../src/util/local_paths.ts";
import { operandValues, requireClose, sampledElements } from "./kernel_check.ts";
import { optimiserRow } from "./kernel_optimiser.ts";
import { type KernelSpec, kernelSpecs, type Values } from "./kernel_specs.ts";
import { loadJaxJs } from "./peers/jax_js.ts";
import { type Peer, type PeerTask, timePeer } from "./peers/peer.ts";
import { loadTensorflowJs } from "./peers/tensorflow_js.ts";

/** Options of {@link runKernelSuite}. */
export interface KernelSuiteOptions {
  /** Only specs whose kernel contains one of these texts; all of them unless told. */
  readonly only?: readonly string[] | undefined;
  /** Compare with other libraries (default true). */
  readonly peers?: boolean;
  /** Called before each spec and with notes. */
  readonly report?: (line: string) => void;
}

/** Outcome of {@link runKernelSuite}. */
export interface KernelSuiteResult {
  readonly rows: KernelRow[];
  readonly machine: MachineRates;
  readonly warnings: string[];
}

const optimiser = "optimiser";

/**
 * Names of the kernels that the texts choose.
 *
 * @param only As in {@link KernelSuiteOptions}.
 * @throws {UserError} naming all kernels when a text chooses none.
 */
export function chosenKernels(only: readonly string[] | undefined): ReadonlySet<string> {
  const known = [...new Set([...kernelSpecs.map(({ kernel }) => kernel), optimiser])];
  for (const text of only ?? []) {
    if (!known.some((name) => name.includes(text))) {
      throw new UserError(`no kernel is called ${text}; there are ${known.join(", ")}`);
    }
  }
  return new Set(known.filter((name) => only?.some((text) => name.includes(text)) ?? true));
}

interface Prepared {
  readonly program: Program;
  readonly roots: readonly Tensor[];
  readonly values: Values;
  /** Elements that are compared, per result, and what they should be. */
  readonly checks: readonly {
    readonly indices: readonly number[];
    readonly expected: ArrayLike<number>;
  }[];
  release(): void;
}

function prepare(device: Device, spec: KernelSpec): Prepared {
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  Object.entries(spec.operands).forEach(([name, operand], seed) => {
    values[name] = operandValues(operand, seed);
  });
  const roots = freshGraph(() => {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { shape, dtype }] of Object.entries(spec.operands)) {
      tensors[name] = input(name, shape, dtype);
    }
    return [spec.build(tensors)].flat();
  });
  const { expected } = spec;
  const checks = expected
    ? roots.map((root) => {
      const indices = Array.from(
        { length: Math.min(root.size, sampledElements) },
        (_, i) => Math.floor((root.size - 1) * i / (sampledElements - 1)) % root.size,
      );
      return { indices, expected: indices.map((index) => expected(values, index)) };
    })
    : interpret(roots, new Map(Object.entries(values))).map(({ data }) => ({
      indices: [...data.keys()],
      expected: data,
    }));
  const places = new Map<Tensor, BufferRange>();
  const releaseOperands = () => {
    for (const { buffer } of places.values()) device.destroyBuffer(buffer);
  };
  try {
    for (const source of sourcesOf(roots)) {
      const name = sourceName(source);
      const data = roleOf(source) === "constant" ? constantValues(name) : values[name];
      const buffer = device.createBuffer(name, 4 * source.size);
      places.set(source, { buffer, offset: 0, bytes: 4 * source.size });
      device.upload(buffer, source.dtype === "f32" ? data : Int32Array.from(data));
    }
    const program = compile(device, {
      label: spec.kernel,
      roots,
      place: (tensor) => places.get(tensor),
    });
    return {
      program,
      roots,
      values,
      checks,
      release: () => {
        program.destroy();
        releaseOperands();
      },
    };
  } catch (error) {
    releaseOperands();
    throw error;
  }
}

/** Checks and times one spec. @throws {WrongResultError} when the result is wrong. */
async function measure(
  device: Device,
  spec: KernelSpec,
): Promise<Prepared & { readonly timing: Timing }> {
  const prepared = prepare(device, spec);
  const { program, roots, checks } = prepared;
  try {
    program.run();
    for (const [k, root] of roots.entries()) {
      const name = roots.length > 1 ? `${spec.kernel} result ${k}` : spec.kernel;
      requireClose(name, await program.read(root), checks[k].indices, checks[k].expected);
    }
    return { ...prepared, timing: await benchmark(device, (pass) => program.encode(pass)) };
  } catch (error) {
    prepared.release();
    throw error;
  }
}

async function comparePeer(
  peer: Peer,
  task: PeerTask,
  check: Prepared["checks"][number],
  ourMilliseconds: number,
): Promise<KernelRow["peers"][number]> {
  const prepared = peer.prepare(task);
  try {
    requireClose(peer.name, await prepared.result(), check.indices, check.expected);
    const medianMilliseconds = await timePeer(prepared);
    return {
      name: peer.name,
      version: peer.version,
      medianMilliseconds,
      ratio: medianMilliseconds / ourMilliseconds,
    };
  } finally {
    prepared.release();
  }
}

/** The first line of a message, fit for a result: without the folders of this machine. */
const firstLine = (error: unknown) =>
  withoutLocalPaths((error instanceof Error ? error.message : String(error)).split("\n")[0]);

async function loadPeers(note: (line: string) => void): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (
    const [name, load] of [["jax-js", loadJaxJs], ["TensorFlow.js", loadTensorflowJs]] as const
  ) {
    try {
      peers.push(await load());
    } catch (error) {
      note(`${name} could not be loaded: ${firstLine(error)}`);
    }
  }
  return peers;
}

/**
 * Runs the suite. Specs that fail are reported in the warnings and have no row.
 *
 * @throws {UserError} as {@link chosenKernels}, before anything runs.
 */
export async function runKernelSuite(
  device: Device,
  options: KernelSuiteOptions = {},
): Promise<KernelSuiteResult> {
  const { report = () => {} } = options;
  const chosen = chosenKernels(options.only);
  const warnings: string[] = [];
  const note = (line: string) => {
    warnings.push(line);
    report(line);
  };
  report("measuring multiply-add rate and bandwidth");
  const machine: MachineRates = {
    gigaflops: await measureFmaRate(device),
    gigabytesPerSecond: await measureBandwidth(device),
  };
  const peers = options.peers === false ? [] : await loadPeers(note);
  if (peers.length > 0) {
    note("peers: wall clock of queued calls without the latency of the final synchronisation");
  }
  if (timeSource(device) === "wall clock") note("no timestamp queries: wall-clock times");
  const rows: KernelRow[] = [];
  for (const spec of kernelSpecs) {
    if (!chosen.has(spec.kernel)) continue;
    const title = `${spec.kernel} ${Object.entries(spec.shape).map((e) => e.join("=")).join(" ")}`;
    report(title);
    let measured: Awaited<ReturnType<typeof measure>>;
    try {
      measured = await measure(device, spec);
    } catch (error) {
      note(`${title}: ${firstLine(error)}`);
      continue;
    }
    try {
      const { timing, values, program, checks } = measured;
      const task = spec.peerTask?.(values);
      const rowWarnings: string[] = [];
      const compared: KernelRow["peers"] = [];
      for (const peer of task ? peers : []) {
        try {
          if (task) {
            compared.push(await comparePeer(peer, task, checks[0], timing.medianMilliseconds));
          }
        } catch (error) {
          rowWarnings.push(`${peer.name}: ${firstLine(error)}`);
        }
      }
      const work = { flops: program.statistics.flops, bytes: program.statistics.bytesMoved };
      const rates = ratesOf(timing.medianMilliseconds, work, machine);
      rows.push({
        kernel: spec.kernel,
        shape: { ...spec.shape },
        variant: device.adapterClass,
        medianMilliseconds: timing.medianMilliseconds,
        madMilliseconds: timing.madMilliseconds,
        samples: [...timing.samples],
        ...rates,
        peers: compared,
        warnings: rowWarnings,
        provenance: "measured",
      });
    } finally {
      measured.release();
    }
  }
  if (chosen.has(optimiser)) {
    report(optimiser);
    rows.push(await optimiserRow(device, machine));
  }
  return { rows, machine, warnings };
}
