/**
 * Products and sums in one instruction, where the platform has it. Node 20 has it behind a flag of its engine, which has
 * to be set before anything is compiled.
 */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import wabt from "wabt";
import { compile } from "../../src/index.ts";
import type { AnyClass, AnyModel } from "../codegen/load.ts";
import { importCode } from "../codegen/load.ts";

const home = new URL("../../examples/", import.meta.url);
const sourceOf = (name: string): string => readFileSync(new URL(name, home), "utf8");

/** What the module does to its bytes before it compiles them. */
async function variants(code: string): Promise<{ plain: Uint8Array; relaxed: Uint8Array }> {
  const [, text] = /= compileKernels\(\s+"([^"]+)"/.exec(code)!;
  const helpers = ["decodeBytes", "fuseProducts"].map(
    (name) => `export ${new RegExp(`function ${name}\\([\\s\\S]*?\\n}`).exec(code)![0]}`,
  );
  const url = `data:text/javascript,${encodeURIComponent(helpers.join("\n"))}`;
  const { decodeBytes, fuseProducts } = (await import(url)) as {
    decodeBytes(text: string): Uint8Array;
    fuseProducts(bytes: Uint8Array): void;
  };
  const plain = decodeBytes(text!);
  const relaxed = plain.slice();
  fuseProducts(relaxed);
  return { plain, relaxed };
}

/** One instruction a line. */
async function disassemble(bytes: Uint8Array): Promise<string> {
  const { readWasm } = await wabt();
  const features = { simd: true, relaxed_simd: true, threads: true, bulk_memory: true, multi_value: true };
  const module = readWasm(bytes, { readDebugNames: false, ...features });
  try {
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

describe.each(["cnn.nn", "digits.nn", "char-rnn.nn"])("%s", (name) => {
  test("exactly the products that are added to a vector are fused", async () => {
    const { outputs } = await compile(sourceOf(name), { target: "wasm", level: 2, language: "javascript" });
    const { plain, relaxed } = await variants(outputs.find((o) => o.kind === "module")!.text);
    expect(relaxed.length).toBe(plain.length);
    const fused = (await disassemble(plain)).replace(
      /f32x4\.mul(\s+local\.get \d+\s+)f32x4\.add/g,
      "nop nop nop$1f32x4.relaxed_madd",
    );
    const normal = (text: string): string => text.replace(/\s+/g, " ");
    expect(normal(await disassemble(relaxed))).toBe(normal(fused));
  });
});

describe("digits", () => {
  let Digits: AnyClass;
  const batch = {
    image: Float32Array.from({ length: 100 * 64 }, (_, i) => ((i * 7919) % 1000) / 1000),
    label: Int32Array.from({ length: 100 }, (_, i) => (i * 7) % 10),
  };
  const trained = (model: AnyModel): AnyModel => {
    for (let i = 0; i < 5; i++) model.step(batch);
    return model;
  };

  test("what the platform does not have is told, and not used unasked", async () => {
    const { outputs } = await compile(sourceOf("digits.nn"), {
      target: "wasm",
      level: 2,
      language: "javascript",
    });
    const code = outputs.find((o) => o.kind === "module")!.text;
    expect(code.match(/f32x4|relaxed_madd/g)?.length).toBeGreaterThan(0);
    const lacking = code.replace("WebAssembly.validate(", "!(");
    const model = (await importCode(lacking))["Digits"]!;
    expect(() => model.create({ relaxed: true })).toThrow("Digits: this platform has no relaxed SIMD");
    const [asked, unasked] = [{ relaxed: false }, {}].map((o) => trained(model.create(o)).save());
    expect(Buffer.compare(asked!, unasked!)).toBe(0);
  });

  describe("with relaxed SIMD", () => {
    beforeAll(async () => {
      setFlagsFromString("--experimental-wasm-relaxed-simd");
      const { outputs } = await compile(sourceOf("digits.nn"), {
        target: "wasm",
        level: 2,
        language: "javascript",
      });
      Digits = (await importCode(outputs.find((o) => o.kind === "module")!.text))["Digits"]!;
    });
    // Other files run in this process: their modules must not find it.
    afterAll(() => setFlagsFromString("--no-experimental-wasm-relaxed-simd"));

    test("it is chosen by itself, runs, and comes close to what is rounded twice", () => {
      const [plain, relaxed, chosen] = [{ relaxed: false }, { relaxed: true }, {}].map((o) =>
        trained(Digits.create({ seed: 1, ...o })),
      );
      expect(Buffer.compare(chosen!.save(), relaxed!.save())).toBe(0);
      // Where a product and a sum are one instruction, some bits differ; x64 and ARM of this decade have it.
      const [a, b] = [plain!, relaxed!].map((m) => m.evaluate(batch)["loss"]!);
      expect(Math.abs(a! - b!)).toBeLessThan(1e-5 * a!);
    });

    test("the same bits with two threads", async () => {
      const one = Digits.create({ seed: 1, relaxed: true });
      const two = Digits.create({ seed: 1, relaxed: true, threads: 2 }) as AnyModel & {
        ready: Promise<void>;
        dispose(): void;
      };
      await two.ready;
      expect(Buffer.compare(trained(two).save(), trained(one).save())).toBe(0);
      two.dispose();
    });
  });
});
