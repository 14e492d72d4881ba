import assert from "node:assert/strict";
import { jobEnvironment } from "./job_environment.ts";

Deno.test("jobs get the environment of their sweep, without libraries, findings and secrets", () => {
  const kept = { PATH: "/bin", npm_config_registry: "https://npm.example", MEGA_CACHE: "/cache" };
  const left = {
    LD_LIBRARY_PATH: "/lib",
    MEGA_GIT_COMMIT: "0123",
    MEGA_DRIVER_NAME: "Mesa",
    "npm_config_//npm.example/:_authToken": "s3cret",
    NPM_CONFIG__PASSWORD: "s3cret",
    DENO_AUTH_TOKENS: "s3cret@example.org",
  };
  assert.deepEqual(jobEnvironment({ ...kept, ...left }), kept);
});
