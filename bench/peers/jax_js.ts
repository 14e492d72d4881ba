/** jax-js on WebGPU: operations are compiled with `jit` where several would otherwise run. */
import { type Peer, type PeerOperand, type PeerTask } from "./peer.ts";

// Computed, so that the package is fetched only when the comparison runs.
const version = "0.1.25";
const specifier = `npm:@jax-js/jax@${version}`;

/** Loads the library. @throws {Error} when it cannot be imported or finds no WebGPU device. */
export async function loadJaxJs(): Promise<Peer> {
  const jax: typeof import("npm:@jax-js/jax@0.1.25") = await import(specifier);
  const devices = await jax.init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js finds no WebGPU device");
  jax.defaultDevice("webgpu");
  const upload = ({ shape, data }: PeerOperand) =>
    jax.numpy.array(new Float32Array(data)).reshape([...shape]);
  const swap = (x: ReturnType<typeof upload>, on: boolean) => on ? jax.numpy.matrixTranspose(x) : x;
  const work = (task: PeerTask) => {
    switch (task.kind) {
      case "matmul": {
        const [a, b] = [upload(task.a), upload(task.b)];
        const call = jax.jit((x: typeof a, y: typeof b) =>
          jax.numpy.matmul(swap(x, task.transposeA), swap(y, task.transposeB))
        );
        return { call: () => call(a.ref, b.ref), operands: [a, b] };
      }
      case "softmax": {
        const x = upload(task.x);
        const call = jax.jit((y: typeof x) => jax.nn.softmax(y, -1));
        return { call: () => call(x.ref), operands: [x] };
      }
      case "layerNorm": {
        const x = upload(task.x);
        const { epsilon } = task;
        const call = jax.jit((y: typeof x) => jax.nn.standardize(y, -1, { epsilon }));
        return { call: () => call(x.ref), operands: [x] };
      }
    }
  };
  return {
    name: "jax-js",
    version,
    prepare: (task) => {
      const { call, operands } = work(task);
      return {
        // Results are lazy: asking for the buffer submits the work without waiting for it.
        queue: async () => void await call().gpuBuffer(),
        result: async () => Float32Array.from(await call().data()),
        release: () => operands.forEach((operand) => operand.dispose()),
      };
    },
  };
}
