/** What fusion says of tensors that go through memory: one line for each kernel that reads one, with one reason. */
import { describe, expect, test } from "vitest";
import type { Level, Procedure, Schedule } from "../../src/ir/kernel.ts";
import { reasons } from "../../src/passes/fuse/unfused.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { models } from "./models.ts";
import { graphsOf } from "./run.ts";

const { normalised, digits, convolution } = models as Record<"normalised" | "digits" | "convolution", string>;

const made = (text: string, level: Level = 1): Schedule => {
  const { graphs, context } = graphsOf(text);
  return schedule(graphs, level, context);
};

/** The reasons of one procedure: pairs of reader and tensor, and what is said of them. */
function said({ notes }: Schedule, procedure: string): [reader: string, tensor: string, reason: string][] {
  return (notes?.() ?? []).flatMap((note) => {
    const [, graph, reader, tensor, reason] = /^(\w+): (\S+) reads (\S+) from memory: (.*)$/.exec(note) ?? [];
    return graph === procedure ? [[reader!, tensor!, reason!]] : [];
  });
}

/** What a kernel reads of the kernels before it, counted in the calls. */
function edgesOf({ calls }: Procedure): number {
  const stored = new Set<unknown>();
  let edges = 0;
  for (const c of calls) {
    if (c.kind === "clear") continue;
    const of = (access: "read" | "write" | "both"): unknown[] =>
      c.buffers.filter((_, n) => c.kernel.buffers[n]!.access === access);
    edges += new Set(of("read").filter((t) => stored.has(t))).size;
    for (const t of [...of("write"), ...of("both")]) stored.add(t);
  }
  return edges;
}

describe.each(Object.entries({ digits, normalised }))("%s", (_, text) => {
  test("each tensor that a kernel reads from another has one reason, of the table", () => {
    const found = made(text);
    const lines = said(found, "backward");
    expect(lines.length).toBe(edgesOf(found.backward));
    expect(new Set(lines.map(([reader, tensor]) => `${reader} ${tensor}`)).size).toBe(lines.length);
    const known: readonly string[] = Object.values(reasons);
    for (const [, , reason] of lines) expect(known).toContain(reason);
  });
});

test("products, tiles, other loops", () => {
  const lines = said(made(digits), "backward");
  const reasonOf = (reader: string, tensor: string): string | undefined =>
    lines.find(([r, t]) => r === reader && t === tensor)?.[2];
  expect(reasonOf("dh.linear.W", "dh.linear")).toBe(reasons.product);
  expect(reasonOf("dlogits", "logits")).toBe(reasons.tiles);
  expect(reasonOf("dlogits.linear.b", "dlogits")).toBe(reasons.loops);
});

test("what is read in another shape", () => {
  const lines = said(made(convolution), "backward");
  expect(lines.map(([, , reason]) => reason)).toContain(reasons.view);
});

test("level 0 fuses nothing, and says nothing", () => {
  expect(made(digits, 0).notes?.()).toEqual([]);
});
