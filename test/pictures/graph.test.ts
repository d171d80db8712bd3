import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, graph } from "../../src/index.ts";
import { tensorsRead } from "../../src/ir/dependences.ts";
import type { ModelGraphs } from "../../src/ir/model.ts";
import { diagramOf, mostBoxes } from "../../src/pictures/build.ts";
import type { Box, Diagram } from "../../src/pictures/diagram.ts";
import { route } from "../../src/pictures/routes.ts";

const root = join(import.meta.dirname, "../..");
const models = [
  "examples/char-rnn.nn",
  "examples/classes.nn",
  "examples/cnn.nn",
  "examples/deep.nn",
  "examples/logistic.nn",
  "examples/transformer.nn",
  "bench/models/lstm.nn",
  "bench/models/resnet.nn",
];

async function graphsOf(source: string): Promise<ModelGraphs> {
  const { graphs, diagnostics } = await compile(source, { level: 0 });
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  return graphs!;
}

const graphsOfFile = (file: string): Promise<ModelGraphs> => graphsOf(readFileSync(join(root, file), "utf8"));

const box = (diagram: Diagram, title: string): Box => {
  const found = diagram.boxes.find((b) => b.title === title);
  if (!found) throw new Error(`no box ${title} among ${diagram.boxes.map((b) => b.title).join(", ")}`);
  return found;
};

const arrows = (diagram: Diagram, kind: string): string[] => {
  const title = new Map(diagram.boxes.map((b) => [b.id, b.title || b.lines.join("; ")]));
  return diagram.arrows
    .filter((a) => a.kind === kind)
    .map((a) => `${title.get(a.from)} → ${title.get(a.to)}`);
};

const network = `
model M {
  dim batch <= 4
  input x: [batch, 3]
  input y: [batch, 3]
  h = x |> linear(3) |> tanh
  output p = h + (h |> linear(3))
  loss mean((p - y)^2)
  optimizer sgd(lr = 0.1)
}`;

describe("a residual network", async () => {
  const diagram = diagramOf(await graphsOf(network));

  test("has a box for each definition, and gradients below what they are gradients of", () => {
    const titles = diagram.boxes.map((b) => `${b.lane} ${b.title || b.lines.join("; ")}`).sort();
    expect(titles).toEqual([
      "backward dh",
      "backward dp",
      "forward h",
      "forward loss",
      "forward p",
      "forward x",
      "forward y",
      "gradient dh.linear.b [3]; dh.linear.W [3, 3]",
      "gradient dp.linear.b [3]; dp.linear.W [3, 3]",
      "parameter h.linear.W [3, 3]; h.linear.b [3]",
      "parameter p.linear.W [3, 3]; p.linear.b [3]",
    ]);
    expect(box(diagram, "dh").below).toBe(box(diagram, "h").id);
  });

  test("says what the chain rule hands back, and where paths meet", () => {
    expect(arrows(diagram, "gradient")).toEqual(expect.arrayContaining(["loss → dp", "dp → dh"]));
    expect(box(diagram, "dh").lines).toEqual(["[batch, 3]"]);
    expect(diagram.boxes.filter((b) => b.meets)).toEqual([]);
  });

  test("shows the activations that the backward pass needs", () => {
    expect(arrows(diagram, "saved")).toEqual(
      expect.arrayContaining(["h → dh", "x → dh.linear.b [3]; dh.linear.W [3, 3]"]),
    );
  });
});

test("where two definitions read a third, their contributions meet in its gradient", async () => {
  const diagram = diagramOf(
    await graphsOf(
      network.replace("output p = h + (h |> linear(3))", "a = h |> linear(3)\n output p = h * sin(a)"),
    ),
  );
  expect(box(diagram, "dh").meets).toBe(true);
});

describe("a loop", () => {
  const deep = readFileSync(join(root, "examples/deep.nn"), "utf8");

  test("is one box that says how often it turns, and hands on to itself both ways", async () => {
    const diagram = diagramOf(await graphsOf(deep));
    expect(box(diagram, "h").turns).toBe(50);
    expect(diagram.boxes.find((b) => b.lane === "parameter")!.lines).toEqual([
      "h.linear.W [50, 50] ×50",
      "h.linear.b [50] ×50",
    ]);
    expect(arrows(diagram, "turn")).toEqual(["h → h", "dh → dh"]);
  });

  test("opens where that is asked for, unless nobody could read it", async () => {
    const few = await compile(deep, { sizes: { depth: 3 } });
    const unrolled = diagramOf(few.graphs!, { unrolled: true });
    expect(unrolled.boxes.filter((b) => b.lane === "forward" && b.title.startsWith("h."))).toHaveLength(3);
    const many = diagramOf(await graphsOf(deep), { unrolled: true });
    expect(box(many, "h").turns).toBe(50);
  });
});

test.each(models)("%s: boxes stand apart, and what is kept has its arrows", async (file) => {
  const graphs = await graphsOfFile(file);
  for (const detail of [1, 2] as const) {
    const diagram = diagramOf(graphs, { detail });
    expect(diagram.boxes.length).toBeLessThanOrEqual(mostBoxes);
    const { grid, routes, height } = route(diagram);
    const placed = [...grid.placed.values()];
    expect(placed).toHaveLength(diagram.boxes.length);
    for (const [n, a] of placed.entries()) {
      for (const b of placed.slice(n + 1)) {
        const beside = a.x + a.width <= b.x || b.x + b.width <= a.x;
        const apart = beside || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, `${a.box.title} and ${b.box.title}`).toBe(true);
      }
    }
    const points = [...routes.flatMap((r) => r.points), ...placed.map((p) => ({ x: p.x, y: p.y }))];
    for (const p of points) expect(p.x >= 0 && p.x <= grid.width && p.y >= 0 && p.y <= height).toBe(true);
    const adjoints = graphs.backward.statements.filter(
      (s) => s.kind !== "gradient" && s.tensor.role === "adjoint",
    );
    const keeps = adjoints.some((s) =>
      tensorsRead(s).some((t) => t.role === "definition" || t.role === "input"),
    );
    expect(diagram.arrows.some((a) => a.kind === "saved")).toBe(keeps);
  }
});

describe("the pictures", () => {
  test.each(["examples/xor.nn", "examples/deep.nn", "examples/transformer.nn"])("of %s", async (file) => {
    const text = readFileSync(join(root, file), "utf8");
    for (const [format, ending] of [
      ["svg", "svg"],
      ["dot", "dot"],
      ["mermaid", "mmd"],
    ] as const) {
      const { picture } = graph(text, { file, format });
      await expect(picture).toMatchFileSnapshot(`expected/${basename(file, ".nn")}.${ending}`);
    }
  });

  test("hold nothing that XML would read as its own", () => {
    const { picture } = graph(network.replace("tanh", "relu"), { detail: 2 });
    expect(picture).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
    expect(picture!.replace(/<\/?[a-z]+( [a-zA-Z-]+(:[a-z]+)?="[^"<]*")*\/?>/g, "")).not.toContain("<");
  });

  test("are not drawn of a model with mistakes", () => {
    const { picture, diagnostics } = graph(network.replace("tanh", "thanh"));
    expect(picture).toBeNull();
    expect(diagnostics.map((d) => d.severity)).toContain("error");
  });
});
