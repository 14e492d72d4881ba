import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { sha256Hex } from "../util/sha256.ts";
import { download, type DownloadOptions } from "./download.ts";
import { usualPatience } from "./transfer_patience.ts";

const CONTENT = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7 & 255);
const SHA256 = sha256Hex(CONTENT);
const ADDRESS = "https://example.org/data.gz";

/** One attempt, and no waiting. */
const impatient = { ...usualPatience, retries: 0 };

/** How the pretended server behaves. */
interface Server {
  /** Break the connection after this many body bytes. */
  breakAfter?: number;
  /** End the body early without an error. */
  endAfter?: number;
  ignoreRange?: boolean;
  status?: number;
  content?: Uint8Array;
}

/** A fetch that serves `CONTENT` with ranges and logs the ranges that were asked for. */
function serve(server: Server, log: string[] = []): typeof fetch {
  return (_url, init) => {
    const range = new Headers(init?.headers).get("range");
    log.push(range ?? "all");
    if (server.status !== undefined) {
      return Promise.resolve(new Response("no", { status: server.status, statusText: "Gone" }));
    }
    const content = server.content ?? CONTENT;
    const from = range === null || server.ignoreRange ? 0 : Number(/\d+/.exec(range)?.[0]);
    if (from >= content.length) return Promise.resolve(new Response(null, { status: 416 }));
    const chunks = content.subarray(from);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (server.breakAfter !== undefined && sent >= server.breakAfter) {
          controller.error(new TypeError("connection reset"));
        } else if (sent >= Math.min(chunks.length, server.endAfter ?? Infinity)) controller.close();
        else {
          controller.enqueue(chunks.slice(sent, sent + 1000));
          sent += 1000;
        }
      },
    });
    const partial = range !== null && !server.ignoreRange;
    const headers: Record<string, string> = {
      "content-length": String(chunks.length),
      etag: `"${sha256Hex(content)}"`,
    };
    if (partial) {
      headers["content-range"] = `bytes ${from}-${content.length - 1}/${content.length}`;
    }
    return Promise.resolve(new Response(body, { status: partial ? 206 : 200, headers }));
  };
}

async function withTarget(
  body: (options: DownloadOptions & { sha256: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body({
      url: ADDRESS,
      path: join(folder, "sub", "data.gz"),
      sha256: SHA256,
      patience: impatient,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("a file is fetched with progress, checked, and not fetched twice", async () => {
  await withTarget(async (options) => {
    const progress: [number, number | undefined][] = [];
    const log: string[] = [];
    const fetcher = serve({}, log);
    const onProgress = (done: number, total: number | undefined) => progress.push([done, total]);
    const result = await download({ ...options, fetcher, onProgress });
    assert.deepEqual(result, { sha256: SHA256, bytes: 10_000, checksum: "known", fetched: true });
    assert.deepEqual(await Deno.readFile(options.path), CONTENT);
    assert.deepEqual(progress.at(-1), [10_000, 10_000]);
    assert.equal((await download({ ...options, fetcher })).fetched, false);
    assert.deepEqual(log, ["all"]);
    assert.equal(await exists(`${options.path}.part`), false);
  });
});

Deno.test("an interrupted download says so and goes on where it stopped", async () => {
  for (const broken of [{ breakAfter: 3000 }, { endAfter: 3000 }]) {
    await withTarget(async (options) => {
      await assert.rejects(
        download({ ...options, fetcher: serve(broken) }),
        (error) => error instanceof UserError && /after 3000 of 10000 bytes/.test(error.message),
      );
      assert.equal(await exists(options.path), false);
      const log: string[] = [];
      await download({ ...options, fetcher: serve({}, log) });
      assert.deepEqual(log, ["bytes=3000-"]);
      assert.deepEqual(await Deno.readFile(options.path), CONTENT);
    });
  }
});

Deno.test("a server without ranges, and a part longer than the file, start over", async () => {
  await withTarget(async (options) => {
    await assert.rejects(download({ ...options, fetcher: serve({ breakAfter: 2000 }) }), UserError);
    await download({ ...options, fetcher: serve({ ignoreRange: true }) });
    assert.deepEqual(await Deno.readFile(options.path), CONTENT);
    await Deno.remove(options.path);
    await assert.rejects(download({ ...options, fetcher: serve({ breakAfter: 2000 }) }), UserError);
    await Deno.truncate(`${options.path}.part`, 20_000);
    const log: string[] = [];
    await download({ ...options, fetcher: serve({}, log) });
    assert.deepEqual(log, ["bytes=20000-", "all"]);
    assert.deepEqual(await Deno.readFile(options.path), CONTENT);
  });
});

Deno.test("content with another checksum is refused and removed", async () => {
  await withTarget(async (options) => {
    const fetcher = serve({ content: CONTENT.toReversed() });
    await assert.rejects(
      download({ ...options, fetcher }),
      (error) => error instanceof UserError && error.message.includes(SHA256),
    );
    assert.equal(await exists(options.path), false);
    assert.equal(await exists(`${options.path}.part`), false);
    await Deno.writeTextFile(options.path, "something else");
    await assert.rejects(download({ ...options, fetcher }), /remove the file to fetch it again/);
  });
});

Deno.test("without a checksum nothing is fetched, unless the first use is trusted", async () => {
  await withTarget(async ({ url, path }) => {
    const log: string[] = [];
    const fetcher = serve({}, log);
    await assert.rejects(
      download({ url, path, fetcher }),
      (error) => error instanceof UserError && /--sha256 HEX/.test(error.message),
    );
    assert.deepEqual(log, []);
    const first = await download({ url, path, fetcher, trustFirstUse: true });
    assert.equal(first.checksum, "recorded");
    assert.equal(await Deno.readTextFile(`${path}.sha256`), `${SHA256}  data.gz\n`);
    await Deno.remove(path);
    const changed = serve({ content: CONTENT.toReversed() });
    await assert.rejects(download({ url, path, fetcher: changed, trustFirstUse: true }), UserError);
    assert.equal((await download({ url, path, fetcher })).checksum, "known");
    await Deno.writeTextFile(`${path}.sha256`, "rubbish");
    await assert.rejects(download({ url, path, fetcher }), /holds no checksum/);
  });
});

Deno.test("HTTP errors, dead hosts and bad arguments are one-line UserErrors", async () => {
  await withTarget(async (options) => {
    const dead: typeof fetch = () => Promise.reject(new TypeError("dns error\n  at somewhere"));
    const cases: [Partial<DownloadOptions>, RegExp][] = [
      [{ fetcher: serve({ status: 410 }) }, /answered 410 Gone/],
      [{ fetcher: dead }, /: cannot be reached: dns error; nothing of it can be kept/],
      [{ url: "file:///etc/passwd" }, /http or https/],
      [{ sha256: "abc" }, /64 hexadecimal digits/],
    ];
    for (const [change, message] of cases) {
      await assert.rejects(download({ ...options, ...change }), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
  });
});
