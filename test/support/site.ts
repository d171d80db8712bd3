/** A web server for the length of a test: a few files on this machine, under the headers that a test is about. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";

export interface Site {
  /** Bodies by path: `/index.html`. Types follow from the ends of the names. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** Sends the two headers that make a page cross-origin isolated, without which it has no SharedArrayBuffer. */
  readonly isolated?: boolean;
  /** The Content-Security-Policy. */
  readonly policy?: string;
}

/** No inline scripts, no `eval`, nothing from elsewhere; only the compilation of WebAssembly is allowed. */
export const strictPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

export interface Server {
  /** `http://127.0.0.1:…`, without a slash at its end. */
  readonly origin: string;
  close(): Promise<void>;
}

export async function serve({ files, isolated = false, policy }: Site): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const path = pathname === "/" ? "/index.html" : pathname;
    const body = files[path];
    if (path === "/favicon.ico" && body === undefined) return void response.writeHead(204).end();
    if (body === undefined) return void response.writeHead(404).end(`no ${path}`);
    response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
    response.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
