import assert from "node:assert/strict";
import { join } from "node:path";
import { sha256Hex } from "../util/sha256.ts";
import { rejectsInOneLine, withFolder } from "./data_test_folder.ts";
import { download, type DownloadOptions } from "./download.ts";
import { type Patience, pauseBefore, retryAfterOf, usualPatience } from "./transfer_patience.ts";

const OLD = Uint8Array.from({ length: 50_000 }, (_, i) => i * 7 & 255);
const NEW = OLD.toReversed();

/** What a server says to one request. */
type Answer = (request: Request) => Response;

/** How a file is served. */
interface Serving {
  readonly content?: Uint8Array<ArrayBuffer>;
  /** Bytes after which the connection breaks, or falls silent. */
  readonly breakAfter?: number;
  readonly silentAfter?: number;
  readonly ranges?: boolean;
  readonly ignoreIfRange?: boolean;
  readonly validator?: "etag" | "weak" | "date" | "none";
  /** Added to the announced length. */
  readonly lie?: number;
}

const dateOf = (content: Uint8Array) =>
  new Date(content === OLD ? 1_600_000_000_000 : 1_700_000_000_000).toUTCString();

/** The headers that name a version. */
function validators(content: Uint8Array, kind: Serving["validator"]): Record<string, string> {
  const tag = `"${sha256Hex(content).slice(0, 8)}"`;
  switch (kind) {
    case "none":
      return {};
    case "weak":
      return { etag: `W/${tag}` };
    case "date":
      return { etag: `W/${tag}`, "last-modified": dateOf(content) };
    default:
      return { etag: tag, "last-modified": dateOf(content) };
  }
}

function serveFile(serving: Serving = {}): Answer {
  const { content = OLD, ranges = true, breakAfter, silentAfter, lie = 0 } = serving;
  return (request) => {
    const named = validators(content, serving.validator);
    const range = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "");
    const condition = request.headers.get("if-range");
    const same = serving.ignoreIfRange || condition === null ||
      Object.values(named).includes(condition);
    const partial = ranges && range !== null && same;
    const from = partial ? Number(range[1]) : 0;
    if (from >= content.length) return new Response(null, { status: 416 });
    const headers = new Headers(named);
    const end = content.length - 1 + lie;
    if (partial) headers.set("content-range", `bytes ${from}-${end}/${end + 1}`);
    const limit = breakAfter ?? silentAfter;
    if (limit === undefined) {
      if (lie === 0) headers.set("content-length", String(content.length - from));
      return new Response(content.slice(from), { status: partial ? 206 : 200, headers });
    }
    let sent = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!sent) controller.enqueue(content.slice(from, from + limit));
        else if (silentAfter === undefined) controller.error(new Error("broken on purpose"));
        else await new Promise(() => {});
        sent = true;
      },
    });
    return new Response(body, { status: partial ? 206 : 200, headers });
  };
}

/** A server that gives these answers in turn, the last one for ever, and what it was asked for. */
async function withServer(
  answers: readonly Answer[],
  body: (url: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const ending = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: ending.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, (request) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(request.headers.get("range") ?? "all");
    return answer(request);
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}/data.gz`, asked);
  } finally {
    ending.abort();
    await server.finished;
  }
}

/** What {@link hurried} may be given. */
interface Hurry {
  /** Receives the pauses. */
  readonly pauses?: number[];
  readonly retries?: number;
  /** When silence is noticed, milliseconds; a busy machine must not seem silent. */
  readonly stall?: number;
}

/** Patience whose pauses take no time. */
function hurried({ pauses = [], retries = 5, stall = 60_000 }: Hurry = {}): Patience {
  return {
    stallMilliseconds: 60_000,
    retries,
    sleep: (milliseconds, signal) => {
      if (signal !== undefined) return usualPatience.sleep(stall, signal);
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  };
}

async function withTarget(
  answers: readonly Answer[],
  body: (
    fetchFile: (changes?: Partial<DownloadOptions>) => ReturnType<typeof download>,
    context: { readonly path: string; readonly asked: string[]; readonly lines: string[] },
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder, lines) => {
    await withServer(answers, async (url, asked) => {
      const path = join(folder, "data.gz");
      const options = { url, path, trustFirstUse: true, patience: hurried() };
      const onRetry = (line: string) => lines.push(line);
      await body((changes) => download({ ...options, onRetry, ...changes }), {
        path,
        asked,
        lines,
      });
    });
  });
}

Deno.test("a server that falls silent, and one that breaks off, are asked again for the rest", async () => {
  const answers = [
    serveFile({ silentAfter: 20_000 }),
    serveFile({ breakAfter: 10_000 }),
    serveFile(),
  ];
  await withTarget(answers, async (fetchFile, { path, asked, lines }) => {
    const { bytes } = await fetchFile({ patience: hurried({ stall: 500 }) });
    assert.equal(bytes, OLD.length);
    assert.deepEqual(await Deno.readFile(path), OLD);
    assert.deepEqual(asked, ["all", "bytes=20000-", "bytes=30000-"]);
    assert.match(
      lines[0],
      /after 20000 of .*: nothing came for 60 s; trying again in 1 s \(1 of 5\)$/,
    );
    assert.match(lines[1], /after 30000 of 50000 bytes: .*; trying again in 1 s \(1 of 5\)$/);
    const left = [...Deno.readDirSync(join(path, ".."))].map(({ name }) => name).sort();
    assert.deepEqual(left, ["data.gz", "data.gz.sha256"]);
  });
});

Deno.test("a server that never answers is given up in one line", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await withFolder(async (folder) => {
    const fetching = download({
      url: `http://127.0.0.1:${silent.addr.port}/data.gz`,
      path: join(folder, "data.gz"),
      trustFirstUse: true,
      patience: hurried({ retries: 1, stall: 50 }),
    });
    await rejectsInOneLine(fetching, /cannot be reached: nothing came for 60 s; nothing of it can/);
  });
});

Deno.test("when patience ends, the error says what is kept and the same command goes on", async () => {
  const broken = serveFile({ breakAfter: 20_000 });
  const nothing = serveFile({ breakAfter: 0 });
  await withTarget([broken, nothing, nothing, serveFile()], async (fetchFile, { path, asked }) => {
    await rejectsInOneLine(
      fetchFile({ patience: hurried({ retries: 1 }) }),
      /; 20000 bytes are kept in .*data\.gz\.part: run the same command again to go on from there$/,
    );
    await fetchFile();
    assert.equal(asked.at(-1), "bytes=20000-");
    assert.deepEqual(await Deno.readFile(path), OLD);
  });
});

Deno.test("halves of two files are never joined, whatever the server says of its versions", async () => {
  for (const validator of ["etag", "date", "weak", "none"] as const) {
    const answers = [
      serveFile({ breakAfter: 20_000, validator }),
      serveFile({ content: NEW, validator }),
    ];
    await withTarget(answers, async (fetchFile, { path, asked }) => {
      await fetchFile();
      assert.deepEqual(await Deno.readFile(path), NEW, validator);
      const resumes = validator === "etag" || validator === "date";
      assert.deepEqual(asked, ["all", resumes ? "bytes=20000-" : "all"], validator);
    });
  }
  const careless = [
    serveFile({ breakAfter: 20_000 }),
    serveFile({ content: NEW, ignoreIfRange: true }),
  ];
  await withTarget(careless, async (fetchFile, { path, asked }) => {
    await fetchFile();
    assert.deepEqual(await Deno.readFile(path), NEW);
    assert.deepEqual(asked, ["all", "bytes=20000-", "all"]);
  });
});

Deno.test("a part of another address, or without a record, is fetched again", async () => {
  for (
    const record of [undefined, "rubbish", '{"url":"http://elsewhere/","validator":"\\"a\\""}']
  ) {
    await withTarget([serveFile()], async (fetchFile, { path, asked }) => {
      await Deno.writeFile(`${path}.part`, NEW.subarray(0, 9));
      if (record !== undefined) await Deno.writeTextFile(`${path}.part.json`, record);
      await fetchFile();
      assert.deepEqual(asked, ["all"]);
      assert.deepEqual(await Deno.readFile(path), OLD);
    });
  }
});

Deno.test("a server without ranges starts over, and wrong lengths are not accepted", async () => {
  const cut = [serveFile({ breakAfter: 20_000 }), serveFile({ ranges: false })];
  await withTarget(cut, async (fetchFile, { path }) => {
    await fetchFile();
    assert.deepEqual(await Deno.readFile(path), OLD);
  });
  const lies: [number, RegExp, string[]][] = [
    [1, /ended after 50000 of 50001 bytes; trying/, ["all", "bytes=20000-", "bytes=50000-", "all"]],
    [-1, /the server sent 50000 bytes of a file of 49999; trying/, ["all", "bytes=20000-", "all"]],
  ];
  for (const [lie, message, ranges] of lies) {
    const wrong = [serveFile({ breakAfter: 20_000 }), serveFile({ lie }), serveFile()];
    await withTarget(wrong, async (fetchFile, { path, asked, lines }) => {
      await fetchFile();
      assert.match(lines[1], message);
      assert.deepEqual(asked, ranges);
      assert.deepEqual(await Deno.readFile(path), OLD);
    });
  }
});

Deno.test("busy servers are asked again, when they say so; what is missing is not", async () => {
  const status = (code: number, headers: Record<string, string> = {}): Answer => () =>
    new Response(null, { status: code, headers });
  const pauses: number[] = [];
  const busy = [status(503), status(429, { "retry-after": "7" }), status(500), serveFile()];
  await withTarget(busy, async (fetchFile, { asked }) => {
    await fetchFile({ patience: hurried({ pauses }) });
    assert.equal(asked.length, 4);
    assert.deepEqual(pauses, [1000, 7000, 4000]);
  });
  await withTarget([status(502)], async (fetchFile, { asked }) => {
    await rejectsInOneLine(fetchFile(), /the server answered 502 Bad Gateway; nothing of it/);
    assert.equal(asked.length, 6);
  });
  for (const code of [404, 403, 410]) {
    await withTarget([status(code)], async (fetchFile, { asked }) => {
      await rejectsInOneLine(fetchFile(), new RegExp(`the server answered ${code} `));
      assert.equal(asked.length, 1);
    });
  }
});

Deno.test("pauses grow, and those that a server asks for have a limit", () => {
  assert.deepEqual([1, 2, 3, 4, 5].map((i) => pauseBefore(i, undefined)), [
    1000,
    2000,
    4000,
    8000,
    16_000,
  ]);
  assert.equal(pauseBefore(1, 1e12), 120_000);
  assert.equal(retryAfterOf(null), undefined);
  assert.equal(retryAfterOf("soon"), undefined);
  assert.equal(retryAfterOf("3"), 3000);
  assert.equal(retryAfterOf(new Date(5000).toUTCString(), 2000), 3000);
  assert.equal(retryAfterOf(new Date(0).toUTCString(), 2000), 0);
});
