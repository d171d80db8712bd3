/** What the items share: traces agree with the compiled gradients, tables are straight, pictures are well-formed. */
import { describe, expect, test } from "vitest";
import { lineChart } from "../../examples/courses/support/chart.ts";
import { compile } from "../../examples/courses/support/compile.ts";
import { drawGraph } from "../../examples/courses/support/graph.ts";
import { Page } from "../../examples/courses/support/item.ts";
import { layout } from "../../examples/courses/support/layout.ts";
import { Reference } from "../../examples/courses/support/reference.ts";
import { figure, figures, sparkline, table } from "../../examples/courses/support/text.ts";
import { trace } from "../../examples/courses/support/trace.ts";
import { traceList } from "../../examples/courses/support/trace-text.ts";
import { agree } from "./shown.ts";

const example = (name: string): URL => new URL(`../../examples/${name}.nn`, import.meta.url);

describe("a trace", () => {
  const digits = Array.from({ length: 2 * 64 }, (_, i) => Math.abs(Math.sin(i)));
  interface Case {
    readonly name: string;
    readonly sizes: Readonly<Record<string, number>>;
    readonly given: Readonly<Record<string, readonly number[]>>;
  }
  const cases: readonly Case[] = [
    { name: "xor", sizes: {}, given: { x: [0, 1, 1, 1], y: [1, 0] } },
    { name: "deep", sizes: { depth: 3, width: 4 }, given: { x: digits.slice(0, 8), y: [1, 0] } },
    { name: "cnn", sizes: { filters: 2 }, given: { image: digits, label: [3, 7] } },
  ];

  test.each(cases)("of $name ends in the gradients that the compiler computes", ({ name, sizes, given }) => {
    const compiled = compile(example(name), { sizes });
    const reference = new Reference(compiled, { dims: { batch: 2 }, seed: 5 });
    const loss = reference.backward(given);
    const names = compiled.program.parameters.map((p) => p.name);
    const parameters = Object.fromEntries(names.map((p) => [p, [...reference.kept(p)]]));
    for (const simplify of [false, true]) {
      const found = trace(
        compiled,
        { ...given, ...parameters },
        { wrt: names, simplify, dims: { batch: 2 } },
      );
      agree(found.value("loss"), [loss], 10);
      for (const p of names) agree(found.gradient(p), reference.gradient(p), 10);
      for (const { steps, values } of found.backward) {
        expect(steps.length).toBeGreaterThan(0);
        expect(values.every(Number.isFinite)).toBe(true);
      }
      const text = traceList(found);
      for (const p of names) expect(text).toContain(`∂loss/∂${p} = `);
    }
  });

  test("says what it does not have", () => {
    const compiled = compile(example("xor"));
    expect(() => trace(compiled, {}, { of: "nothing" })).toThrow("no nothing among");
    const found = trace(compiled, { x: [0, 1], y: [1] }, { dims: { batch: 1 } });
    expect(() => found.value("nothing")).toThrow("has no nothing");
  });
});

describe("text", () => {
  test("numbers have as many digits as are asked for, and no negative zero", () => {
    expect([figure(0.1 + 0.2), figure(-0), figure(1 / 3, 3), figure(-1e-22, 2)]).toEqual([
      "0.3",
      "0",
      "0.333",
      "-1e-22",
    ]);
    expect(figures([1, 2.5, -3])).toBe("(1, 2.5, -3)");
    expect(figures([1, 2, 3, 4], 6, 2)).toBe("(1, 2, …)");
  });

  test("columns of numbers stand to the right, others to the left", () => {
    expect(
      table(
        ["ŷ", "value"],
        [
          ["a", "1"],
          ["long", "-12.5"],
        ],
      ).split("\n"),
    ).toEqual(["ŷ     value", "────  ─────", "a         1", "long  -12.5"]);
  });

  test("a curve in one line keeps a blank where there is nothing to show", () => {
    expect(sparkline([0, 1, 2])).toBe("▁▅█");
    expect(sparkline([1, 0, 100], { log: true })).toBe("▁ █");
    expect(sparkline([10, 10], { range: [1, 10] })).toBe("██");
  });

  test("long lines go on in the next one", () => {
    const page = new Page();
    page.print(`  ${"word ".repeat(30)}`, "x".repeat(120));
    expect(page.lines.map((line) => line.length)).toEqual([96, 60, 120]);
    expect(page.lines[1]!.startsWith("      word")).toBe(true);
    expect(page.lines.slice(0, 2).join(" ").trim().split(/ +/)).toHaveLength(30);
  });
});

describe("pictures", () => {
  test("text is escaped, and no coordinate is long", () => {
    const svg = lineChart({
      title: "<a & b>",
      x: "x",
      series: [
        {
          label: '"f"',
          points: [
            [0, 1 / 3],
            [1, 2 / 3],
          ],
        },
      ],
    });
    expect(svg).toContain("&lt;a &amp; b&gt;");
    expect(svg).toContain("&quot;f&quot;");
    expect(svg).not.toMatch(/\d\.\d{2,}"/);
    expect(svg.match(/<(?!\/|\?)[^>]*[^/]>/g)!.length).toBe(svg.match(/<\//g)!.length);
  });

  test("a logarithmic axis leaves out what has no logarithm", () => {
    const points = [
      [0, 1e-9],
      [1, 0],
      [2, 1e-3],
    ] as const;
    const svg = lineChart({ title: "t", x: "x", log: true, series: [{ label: "f", points }] });
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).toContain("10⁻⁹");
  });

  test("nodes stand behind what they read, and apart from each other", () => {
    const nodes = ["a", "b", "c", "sum", "end"].map((id) => ({ id }));
    const edges = [
      ["a", "sum"],
      ["b", "sum"],
      ["sum", "end"],
      ["a", "end"],
      ["c", "end"],
    ].map(([from, to]) => ({ from: from!, to: to! }));
    const { places, bends, columns } = layout(nodes, edges);
    expect(columns).toBe(3);
    for (const { from, to } of edges) expect(places.get(from)!.column).toBeLessThan(places.get(to)!.column);
    expect(bends.get(3)).toHaveLength(1);
    expect(places.get("c")!.column).toBe(1);
    const all = [...places.values(), ...[...bends.values()].flat()];
    all.forEach((p, i) =>
      all.slice(i + 1).forEach((q) => {
        if (p.column === q.column) expect(Math.abs(p.row - q.row)).toBeGreaterThan(0.99);
      }),
    );
    const svg = drawGraph({ title: "t", nodes: nodes.map((n) => ({ ...n, lines: [n.id] })), edges });
    expect(svg.match(/<rect/g)).toHaveLength(1 + nodes.length);
  });

  test("a graph that goes round is refused", () => {
    const nodes = [{ id: "a" }, { id: "b" }];
    expect(() =>
      layout(nodes, [
        { from: "a", to: "b" },
        { from: "b", to: "a" },
      ]),
    ).toThrow("goes round");
  });
});
