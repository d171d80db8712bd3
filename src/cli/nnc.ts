#!/usr/bin/env node
import { version } from "../../package.json";
import type { Host } from "./host.ts";
import { run } from "./program.ts";

// The reader of a pipe may close it before everything is written: `nnc compile model.nn | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const host: Host = {
  directory: process.cwd(),
  environment: process.env,
  terminal: process.stderr.isTTY === true,
  version,
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  loadCompiler: () => import("../index.ts"),
  interrupted: () =>
    new Promise((done) => {
      // The last is of a terminal that is closed.
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => done());
    }),
};

process.exitCode = await run(process.argv.slice(2), host);
