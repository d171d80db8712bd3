/** The table of what is built in, with the partial derivatives that all others come from. */
import { atoms } from "../../src/ir/atoms.ts";
import { Builder } from "../../src/ir/builder.ts";
import { printExpr } from "../../src/ir/printer.ts";
import type { Expr } from "../../src/ir/types.ts";

const nowhere = { file: "", start: 0, end: 0 };

export function atomTable(): string[] {
  const b = new Builder();
  const scalar = (name: string): Expr =>
    b.read(b.tensor({ name, type: "f32", shape: [], role: "input", span: nowhere }), []);
  const [a, second, y] = [scalar("a"), scalar("b"), scalar("y")];
  const rows = Object.entries(atoms).flatMap(([name, row]) => {
    const args = [a, second].slice(0, row.arity);
    if (row.arity > 2 || row.type(args.map((e) => e.type)) !== "f32") return [];
    const derivatives = args.map((_, i) => row.partials[i]!(b, args, y));
    const value = printExpr(b.apply(name as keyof typeof atoms, args));
    const cells = [value, ...derivatives.map((d) => (d ? printExpr(d) : "0"))].map((c) => `\`${c}\``);
    return [`| ${[...cells, ...(row.arity === 1 ? [""] : []), row.doc].join(" | ")} |`];
  });
  return [
    "## What is built in",
    "",
    "All derivatives above come from these by the chain rule. `y` is the value itself.",
    "",
    "| y | ∂y/∂a | ∂y/∂b | |",
    "| --- | --- | --- | --- |",
    ...rows,
  ];
}
