import { expect, test } from "vitest";
import { renderDiagnostic, wantsColour } from "../../src/project/render.ts";
import type { Diagnostic } from "../../src/ir/diagnostics.ts";
import { Sources } from "../../src/ir/source.ts";

const text = `model M {
  h = x |> linear(64)
  logits = h @ W2
}
`;
const sources = new Sources();
sources.add("m.nn", text);
sources.add("block.nn", "fn f(x) = x\n");

function diagnostic(more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf("h @ W2");
  return {
    code: "NN1001",
    severity: "error",
    message: "cannot multiply [batch, 64] by [128, 10]",
    span: { file: "m.nn", start, end: start + 6 },
    notes: [],
    ...more,
  };
}

test("a diagnostic has a headline, a place, a frame, notes and help", () => {
  const h = text.indexOf("h = x");
  const notes = [
    { message: "`h` is [batch, 64]", span: { file: "m.nn", start: h, end: h + 1 } },
    { message: "`f` stands", span: { file: "block.nn", start: 3, end: 4 } },
    { message: "without a place" },
  ];
  expect(renderDiagnostic(diagnostic({ notes, help: "did you mean `W2: [64, 10]`?" }), sources, false)).toBe(
    `error[NN1001]: cannot multiply [batch, 64] by [128, 10]
  --> m.nn:3:12
   3 |   logits = h @ W2
     |            ^^^^^^
  note: \`h\` is [batch, 64] at 2:3
  note: \`f\` stands at block.nn:1:4
  note: without a place
  help: did you mean \`W2: [64, 10]\`?
`,
  );
});

test("a span over several lines is marked to the end of its first", () => {
  const rendered = renderDiagnostic(
    diagnostic({ span: { file: "m.nn", start: 0, end: 30 } }),
    sources,
    false,
  );
  expect(rendered).toContain("   1 | model M {\n     | ^^^^^^^^^\n");
  expect(rendered.split("\n")).toHaveLength(5);
});

test("an empty span, at the very end too, has one caret", () => {
  const end = { file: "m.nn", start: text.length, end: text.length };
  const rendered = renderDiagnostic(diagnostic({ span: end }), sources, false);
  expect(rendered).toContain("  --> m.nn:5:1\n   5 |\n     | ^\n");
});

test("line separators that are no line feeds shift nothing", () => {
  const odd = new Sources();
  odd.add("m.nn", "a\r\nb\u2028c wrong\r\n");
  const span = { file: "m.nn", start: 7, end: 12 };
  expect(renderDiagnostic(diagnostic({ span }), odd, false)).toContain(
    "  --> m.nn:2:5\n   2 | b c wrong \n     |     ^^^^^\n",
  );
});

test("a file that is not at hand has a place but no frame", () => {
  const span = { file: "gone.nn", start: 0, end: 1 };
  expect(renderDiagnostic(diagnostic({ span }), sources, false).split("\n")).toHaveLength(3);
});

test("colour changes nothing but colour", () => {
  const plain = renderDiagnostic(diagnostic({ help: "x" }), sources, false);
  const painted = renderDiagnostic(diagnostic({ help: "x" }), sources, true);
  expect(painted).not.toBe(plain);
  // oxlint-disable-next-line no-control-regex
  expect(painted.replace(/\u001b\[\d+m/g, "")).toBe(plain);
});

test.each([
  [{}, false, false],
  [{}, true, true],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  [{ TERM: "dumb" }, true, false],
])("environment %o on a terminal: %s → colour: %s", (environment, terminal, colour) => {
  expect(wantsColour({ environment, terminal })).toBe(colour);
});
