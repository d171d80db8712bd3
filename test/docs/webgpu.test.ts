/** The guide's programs run, one after the other, on the model that it shows. */
import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { compile } from "../../src/index.ts";
import { dawn, describeOnDawn } from "../support/dawn.ts";
import { numbers } from "../support/model.ts";

const guide = readFileSync(new URL("../../docs/webgpu.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map((match) => match[1]!);

const batches = [32, 32, 9].map((rows, n) => ({
  image: Float32Array.from(numbers(64 * rows, n + 2)),
  label: Int32Array.from(numbers(rows, n + 7), (v) => Math.floor((v + 1) * 5)),
}));

describeOnDawn("the guide to WebGPU", (device) => {
  test("can be followed", async () => {
    const [source] = blocks("nn");
    const { outputs } = await compile(source!, { target: "webgpu", language: "javascript", level: 2 });
    const module = outputs.find((o) => o.kind === "module")!.text;
    const url = `data:text/javascript;base64,${Buffer.from(module).toString("base64")}`;
    const { Digits } = (await import(/* @vite-ignore */ url)) as { Digits: unknown };
    vi.stubGlobal("navigator", { gpu: dawn() });
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const Program = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...code: string[]
    ) => (...values: unknown[]) => Promise<{ first: number; saved: Uint8Array; same: Uint8Array }>;
    const run = new Program(
      "Digits",
      "batches",
      "device",
      `${blocks("js").join("\n")}
      const same = await again.save();
      [model, again].forEach((m) => m.destroy());
      return { first: all.length, saved: bytes, same };`,
    );
    const { first, saved, same } = await run(Digits, batches, device());
    const printed = log.mock.calls;
    log.mockRestore();
    vi.unstubAllGlobals();
    expect(printed[0]).toEqual([expect.any(Number), 320]);
    expect(printed[0]![0]).toBeGreaterThan(0.3);
    expect(printed[1]![0]).toHaveLength(3);
    expect(first).toBe(3);
    expect(same).toEqual(saved);
  });
});
