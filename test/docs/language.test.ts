/** docs/language.md: its links lead somewhere, and what it shows as whole declarations is right. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";

const path = fileURLToPath(new URL("../../docs/language.md", import.meta.url));
const text = readFileSync(path, "utf8");
const prose = text.replace(/^```[^]*?^```/gm, "");
const anchors = [...prose.matchAll(/^#+ (.*)$/gm)].map((m) =>
  m[1]!
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .replaceAll(" ", "-"),
);

test("links to documents and headings that exist", () => {
  const links = [...prose.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)];
  expect(links.length).toBeGreaterThan(20);
  for (const [, target, anchor] of links) {
    if (target !== "") expect(existsSync(join(dirname(path), target!)), target).toBe(true);
    if (anchor !== undefined) expect(anchors).toContain(anchor);
  }
});

const blocks = [...text.matchAll(/^```nn\n([^]*?)^```/gm)].map((m) => m[1]!);
const isFile = (block: string): boolean =>
  /^(?:\/\/\/.*\n)*(?:import|fn|layer|optimizer \w+\([^)]*\) \{|model)\b/.test(block);

/** A model that uses what some blocks declare, for a function is looked into where it is called. */
const uses: ReadonlyMap<string, string> = new Map([
  ["concatenated", "output y = concatenated(x, x, axis = 0)"],
  ["centred", "output y = centred(x, axis = -2)"],
  ["leaky_relu", "output y = softmax(leaky_relu(x, 0.2))"],
  ["sign_ste", "loss mean(sign_ste(x |> linear(2)))"],
  ["row_noise", "output y = row_noise(x)"],
  ["group_means", "output y = group_means(x, groups = 2)"],
  ["dropout", "output y = dropout(x, 0.5)"],
  ["mse", "loss mse(x, x)"],
  ["linear", "output y = x |> linear(3, bias = false)"],
  ["adam", "loss mean(x |> linear(1))\noptimizer adam()"],
]);

describe.each(blocks.filter(isFile))("%s", (block) => {
  test("is accepted", () => {
    const used = [...uses].filter(([name]) =>
      new RegExp(`^(?:fn|layer|optimizer) ${name}\\b`, "m").test(block),
    );
    const body = used.map(([, statement]) => statement).join("\n");
    const model = /^model /m.test(block) ? "" : `model M {\ninput x: [2, 4]\n${body}\n}\n`;
    expect(model === "" || used.length > 0).toBe(true);
    const imported = "fn block(x) = x\nfn cell(x) = x";
    const { diagnostics } = check(block + model, { resolveImport: (file) => ({ file, text: imported }) });
    expect(diagnostics).toEqual([]);
  });
});
