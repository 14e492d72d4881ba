import assert from "node:assert/strict";
import { renderReport } from "./doctor.ts";
import type { DoctorReport } from "./doctor_report.ts";

const report: DoctorReport = {
  machine: { deno: "2.9.6", v8: "15", os: "linux 6 x86_64", cpu: "EPYC", cores: 2, memoryBytes: 1 },
  adapter: null,
  folders: [{ name: "driver", path: "/cache/driver", bytes: 2048, writable: true }],
  missing: [{ problem: "no adapter answers", command: "unset X" }],
};

Deno.test("renderReport aligns its columns and shows what is missing with its command", () => {
  assert.equal(
    renderReport(report),
    `Machine
  Deno       2.9.6 (V8 15)
  system     linux 6 x86_64
  processor  EPYC, 2 cores
  memory     1 B

Adapter
  none       no WebGPU adapter answers

Cache
  driver       2.0 KiB  /cache/driver

Missing
  no adapter answers
    mend it with: unset X`,
  );
});

Deno.test("renderReport says so when nothing is missing, and shows the measured rates", () => {
  const text = renderReport({
    ...report,
    missing: [],
    adapter: {
      vendor: "Mesa",
      description: "llvmpipe",
      class: "software",
      subgroupSize: 8,
      driver: "Mesa 25",
      driverOrigin: "system",
      limits: {
        maxBufferSize: 2 ** 31,
        maxStorageBufferBindingSize: 2 ** 27,
        maxStorageBuffersPerShaderStage: 32,
        maxComputeWorkgroupsPerDimension: 65535,
        maxComputeWorkgroupStorageSize: 32768,
        maxComputeInvocationsPerWorkgroup: 1024,
        minStorageBufferOffsetAlignment: 32,
      },
      features: { "timestamp-query": true, subgroups: false },
      timing: "gpu timestamps",
      gigaflops: 98.76,
      gigabytesPerSecond: 11.2,
      readbackMilliseconds: 11.5,
    },
  });
  assert.match(text, /98\.8 GFLOP\/s/);
  assert.match(text, /11\.2 GB\/s/);
  assert.match(text, /not granted +subgroups/);
  assert.match(text, /128\.0 MiB/);
  assert.ok(text.endsWith("Nothing is missing."));
});
