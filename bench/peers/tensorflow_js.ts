/** TensorFlow.js on WebGPU. */
import { type Peer, type PeerOperand, type PeerTask } from "./peer.ts";

// Computed, so that the packages are fetched only when the comparison runs.
const version = "4.22.0";
const specifier = (name: string) => `npm:@tensorflow/${name}@${version}`;

/** Loads the library. @throws {Error} when it cannot be imported or finds no WebGPU device. */
export async function loadTensorflowJs(): Promise<Peer> {
  const tf: typeof import("npm:@tensorflow/tfjs-core@4.22.0") = await import(
    specifier("tfjs-core")
  );
  await import(specifier("tfjs-backend-webgpu"));
  if (!await tf.setBackend("webgpu")) throw new Error("TensorFlow.js finds no WebGPU device");
  await tf.ready();
  const upload = ({ shape, data }: PeerOperand) => tf.tensor(data, [...shape], "float32");
  const work = (task: PeerTask) => {
    switch (task.kind) {
      case "matmul": {
        const [a, b] = [upload(task.a), upload(task.b)];
        return {
          call: () => tf.matMul(a, b, task.transposeA, task.transposeB),
          operands: [a, b],
        };
      }
      case "softmax": {
        const x = upload(task.x);
        return { call: () => tf.softmax(x), operands: [x] };
      }
      case "layerNorm": {
        const x = upload(task.x);
        const call = () =>
          tf.tidy(() => {
            const { mean, variance } = tf.moments(x, -1, true);
            return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, task.epsilon)));
          });
        return { call, operands: [x] };
      }
    }
  };
  return {
    name: "TensorFlow.js",
    version,
    prepare: (task) => {
      const { call, operands } = work(task);
      return {
        queue: () => call().dispose(),
        result: async () => {
          const result = call();
          const data = await result.data();
          result.dispose();
          return Float32Array.from(data);
        },
        release: () => operands.forEach((operand) => operand.dispose()),
      };
    },
  };
}
