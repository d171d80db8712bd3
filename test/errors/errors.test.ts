/**
 * Every diagnostic has a sample, `test/errors/<code>/model.nn`, whose whole report is kept beside it in `expected.txt`.
 * `settings.json` may give sizes to set, and `target.txt` the target whose limits are passed: the others are compiled for
 * none.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { renderDiagnostics } from "../../src/project/render.ts";
import type { CompileOptions } from "../../src/index.ts";
import { check, compile, exportOnnx } from "../../src/index.ts";
import { diagnosticTable } from "../../src/ir/diagnostic-table.ts";

const home = dirname(fileURLToPath(import.meta.url));
const codes = readdirSync(home).filter((name) => /^NN\d{4}$/.test(name));

test("every code has a sample, and every sample a code", () => {
  expect(codes.toSorted()).toEqual(Object.keys(diagnosticTable).toSorted());
});

describe.each(codes)("%s", async (code) => {
  const folder = join(home, code);
  const settings = join(folder, "settings.json");
  const sizes = existsSync(settings)
    ? (JSON.parse(readFileSync(settings, "utf8")) as Record<string, number>)
    : {};
  const options: CompileOptions = {
    file: "model.nn",
    sizes,
    resolveImport: (specifier) => {
      const path = join(folder, specifier);
      return existsSync(path)
        ? { file: specifier.replace("./", ""), text: readFileSync(path, "utf8") }
        : null;
    },
  };
  const source = readFileSync(join(folder, "model.nn"), "utf8");
  const target = join(folder, "target.txt");
  const kind = existsSync(target) ? readFileSync(target, "utf8").trim() : "none";
  const { diagnostics, sources } =
    kind === "none"
      ? check(source, options)
      : kind === "onnx"
        ? exportOnnx(source, options)
        : await compile(source, { ...options, target: kind as "wasm" });

  test("is reported", () => {
    expect(diagnostics.map((d) => d.code)).toContain(code);
  });

  test("is reported once in each place", () => {
    const places = diagnostics.map((d) => `${d.code} ${d.span.file}:${d.span.start}-${d.span.end}`);
    expect(new Set(places).size).toBe(places.length);
  });

  test("reads as expected", async () => {
    await expect(renderDiagnostics(diagnostics, sources, false)).toMatchFileSnapshot(
      join(folder, "expected.txt"),
    );
  });
});
