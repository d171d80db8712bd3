import type { Host } from "./host.ts";

/** A broken invariant of the compiler: not the user's fault, so it says what to do, and shows a stack on request only. */
export function reportInternalError(error: unknown, host: Host): void {
  const message = error instanceof Error ? error.message : String(error);
  host.stderr(
    `nnc: internal error NN9001: ${message}\n` +
      `  this is a bug in nnc ${host.version}, not in your model; please report it with the model that shows it\n`,
  );
  if (host.environment["NNC_DEBUG"] !== "1") host.stderr("  NNC_DEBUG=1 shows where it happened\n");
  else if (error instanceof Error && error.stack !== undefined) host.stderr(`${error.stack}\n`);
}
