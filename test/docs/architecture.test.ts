/** The texts that docs/architecture.md shows are those that the compiler prints, and the files it names exist. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readArchitecture, shownIn, stages, withStages } from "../../scripts/stages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("docs/architecture.md", () => {
  test("shows every stage, once", () => {
    expect(shownIn(readArchitecture()).toSorted()).toEqual(Object.keys(stages).toSorted());
  });

  test("shows what the compiler prints (npx unrun scripts/stages.ts)", async () => {
    expect(await withStages(readArchitecture())).toBe(readArchitecture());
  });

  test("is rewritten where a text is stale", async () => {
    const stale = readArchitecture().replace("graph train →", "graph strain →");
    expect(stale).not.toBe(readArchitecture());
    expect(await withStages(stale)).toBe(readArchitecture());
  });
});

const documents = ["docs/architecture.md", "docs/adding.md"];

describe.each(documents)("%s", (path) => {
  const text = readFileSync(join(root, path), "utf8");
  const prose = text.replace(/^```[^]*?^```/gm, "");

  test("names files that exist", () => {
    const files = ["src", "test", "scripts"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }),
    );
    const known = new Set(files.flatMap(suffixes));
    const named = [...prose.matchAll(/`([\w/-]+\.(?:ts|nn|md|py|mjs))`/g)].map((m) => m[1]!);
    const missing = named.filter((name) => !known.has(name) && !existsSync(join(root, name)));
    expect(named.length).toBeGreaterThan(5);
    expect(missing).toEqual([]);
  });

  test("links to documents and headings that exist", () => {
    for (const [, target, anchor] of prose.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
      const file = target === "" ? path : join(dirname(path), target!);
      expect(existsSync(join(root, file)), file).toBe(true);
      if (anchor !== undefined) expect(headings(file), file).toContain(anchor);
    }
  });
});

/** `a/b/c.ts`, `b/c.ts` and `c.ts`. */
function suffixes(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(i).join("/"));
}

/** The anchors of the headings of a document. */
function headings(path: string): string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^#+ (.*)$/gm)].map((m) =>
    m[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );
}
