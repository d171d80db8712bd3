/** The gradients as a course writes them down: B1, B2, B3; of several layers da, dz, dW, db, from the last to the first. */
import { cancelling, rulesText, verdict } from "./common.ts";
import type { Derivation, Line, Step, Target } from "./derivation.ts";
import type { Block, Document, LayeredName, Row } from "./document.ts";
import { equation, numbersText, placeText, rowOf, rowsOf } from "./document.ts";
import type { Formula, Ref } from "./formula.ts";
import { layerNames, layersOf } from "./layers.ts";
import type { Layer } from "./layers.ts";
import { layeredText } from "./names.ts";
import { lineText, textOf } from "./text.ts";
import { seedsOf, withSeeds } from "./seed.ts";

export function asSteps(derivation: Derivation): Document {
  const { targets, model, file, doc } = derivation;
  const names = new Map<Ref, LayeredName>();
  const blocks = targets.flatMap((t): Block[] => {
    const layers = layersOf(t);
    const counted = layers !== null && layers.some((l) => l.z.includes("."));
    if (counted) for (const [ref, name] of layerNames(t, layers)) names.set(ref, name);
    return [
      ...(targets.length > 1 ? [{ kind: "heading", text: `The gradients of ${t.of}` } as const] : []),
      ...(counted ? [legend(layers, names)] : []),
      { kind: "heading", text: "Forward" },
      forward(t, derivation),
      { kind: "heading", text: `Backward: dx is ∂${t.of}/∂x` },
      ...(layers !== null && layers.length > 1 ? byLayer(t, layers, names) : inOrder(t, names)),
    ];
  });
  return {
    title: `${model}: the gradients of ${targets.map((t) => t.of).join(" and ")}, step by step`,
    subtitle: [doc, file].filter((x) => x !== undefined).join(" — "),
    blocks: [...blocks, ...verdict(derivation)],
    names,
  };
}

/** What the numbers of layers stand for. */
export function legend(layers: readonly Layer[], names: ReadonlyMap<Ref, LayeredName>): Block {
  const refs = layers.flatMap((l) => [l.z, l.output, l.weight, ...(l.bias === null ? [] : [l.bias])]);
  return {
    kind: "table",
    head: ["here", "in the source"],
    rows: [...new Set(refs)]
      .filter((ref) => names.has(ref))
      .map((ref) => ({ ref, cells: [[{ formula: { kind: "read", ref, subscripts: [] } }], [ref]] })),
  };
}

export function forward(t: Target, derivation: Derivation): Block {
  const values = new Map(t.names.map((n) => [n.ref, n.numbers]));
  const rows = t.forward.flatMap((f): Row[] => {
    const value = values.get(f.ref);
    const own = f.lines.flatMap((l, i) => rowsOf(l, i === 0 ? placeText(f.place, derivation.file) : ""));
    return [
      ...own.map((r) => ({ ...r, ref: f.ref })),
      ...(value ? [equation(null, { kind: "name", name: numbersText(value) })] : []),
    ];
  });
  return { kind: "rows", rows };
}

/** B1, B2, …: a number for each step on the way, one for the gradients at its end. */
function inOrder(t: Target, names: ReadonlyMap<Ref, LayeredName>): Block[] {
  const shown = t.backward.filter((s) => s.wrt !== t.of && !isPartOfLoss(s, t));
  const groups: Step[][] = [];
  for (const s of shown) {
    const last = groups.at(-1);
    if (s.isResult && last?.at(-1)?.isResult) last.push(s);
    else groups.push([s]);
  }
  return groups.map((steps, i): Block => {
    const what = steps.map((s) => s.wrt).join(" and ");
    const title = `B${i + 1}  the gradient${steps.length > 1 ? "s" : ""} of ${what}`;
    const blocks: Block[] = [{ kind: "rows", rows: steps.flatMap((s) => rows(s, t, names)) }];
    return { kind: "section", ref: steps[0]!.ref, role: "backward", title: [title], blocks };
  });
}

/** A sum or a maximum inside another definition is no step of its own. */
function isPartOfLoss(s: Step, t: Target): boolean {
  return !t.forward.some((f) => f.ref === s.wrt) && !s.isResult;
}

const kinds = ["a", "z", "W", "b"] as const;

/** From the last layer to the first, in each da, dz, dW, db. */
function byLayer(t: Target, layers: readonly Layer[], names: ReadonlyMap<Ref, LayeredName>): Block[] {
  const place = new Map<Ref, readonly [layer: number, kind: number]>();
  layers.forEach((l, i) => {
    const of = { a: l.output, z: l.z, W: l.weight, b: l.bias };
    kinds.forEach((k, n) => {
      const ref = of[k];
      if (ref !== null && !place.has(ref)) place.set(ref, [i, n]);
    });
  });
  return layers
    .map((_, i) => layers.length - 1 - i)
    .map((i): Block => {
      const own = t.backward
        .filter((s) => place.get(s.wrt)?.[0] === i)
        .toSorted((a, b) => place.get(a.wrt)![1] - place.get(b.wrt)![1]);
      return {
        kind: "section",
        ref: own[0]?.ref ?? t.of,
        role: "backward",
        title: [`Layer ${i + 1}`],
        blocks: [{ kind: "rows", rows: own.flatMap((s) => rows(s, t, names)) }],
      };
    });
}

/** The chain rule, what it simplifies to, and the result in terms of the data. */
function rows(s: Step, t: Target, names: ReadonlyMap<Ref, LayeredName>): Row[] {
  const seeds = seedsOf(t);
  const clean = (l: Line): Line => ({ ...l, right: withSeeds(l.right, seeds) });
  let last = "";
  const found: Row[] = [];
  const add = (line: Line, note: string): void => {
    const text = lineText(clean(line));
    if (text === last) return;
    const goesOn = last !== "" && last.startsWith(`${textOf(line.left)} = `) && !line.accumulate;
    last = text;
    found.push({ ...rowOf(clean(line), note, goesOn), ref: s.ref });
  };
  s.contributions.forEach((c, i) =>
    add(c.line, s.contributions.length > 1 ? `through ${c.reader}` : i === 0 ? "" : ""),
  );
  for (const i of s.rewrites) {
    const r = t.simplify[i]!;
    // Signs and quotients are collected on the way; what cancels is what is taught.
    if (!r.rules.some((x) => x.realOnly)) continue;
    const { lines, note } = cancelling(r, (x) => layeredText(names, x));
    const looked = `with ${r.through.map((x) => layeredText(names, x)).join(", ")}`;
    for (const l of lines) add(l, [looked, ...note].join("; "));
    for (const l of r.after) add(l, rulesText(r.rules));
  }
  for (const l of s.result) add(l, "");
  if (s.written) add(s.written, "");
  if (s.numbers) found.push(equation(null, { kind: "name", name: numbersText(s.numbers) } satisfies Formula));
  return found;
}
