import { atoms } from "./atoms.ts";
import { printExpr } from "./printer.ts";
import { expressionsOf, freeIndices, visit } from "./rewrite.ts";
import type { Apply, Equation, Read, Reducer, ScalarType } from "./types.ts";

/** What a reducer makes of the type of its body. */
const reducedType: Readonly<Record<Reducer, (body: ScalarType) => ScalarType>> = {
  sum: (t) => t,
  prod: (t) => t,
  max: (t) => t,
  min: (t) => t,
  argmax: () => "i32",
  argmin: () => "i32",
};

/** Types fit: of the body to the tensor, of conditions, of every application. */
export function checkTypes(e: Equation): void {
  const type = e.reducer ? reducedType[e.reducer](e.body.type) : e.body.type;
  if (type !== e.tensor.type) throw new Error(`\`${e.tensor.name}\` is ${e.tensor.type}, its value ${type}`);
  for (const w of e.where) {
    if (w.type !== "bool") throw new Error(`the condition ${printExpr(w)} is ${w.type}`);
  }
}

function checkApply(e: Apply): void {
  const row = atoms[e.atom];
  if (e.args.length !== row.arity)
    throw new Error(`${e.atom} takes ${row.arity} arguments, not ${e.args.length}`);
  const type = row.type(e.args.map((a) => a.type));
  // The number of a truth value may also be an integer.
  const isInteger = e.type === "i32" && e.args.length === 1 && e.args[0]!.type === "bool";
  if (type !== e.type && !isInteger)
    throw new Error(`${printExpr(e)} is ${type ?? "ill-typed"}, not ${e.type}`);
}

/** Every index is bound, and bodies hold no reductions and no locals. Returns all reads. */
export function checkScope(e: Equation): Read[] {
  const bound = new Set([...e.indices, ...e.reduced]);
  if (bound.size !== e.indices.length + e.reduced.length) throw new Error("it binds an index twice");
  const reads: Read[] = [];
  const expressions = expressionsOf(e);
  visit(expressions, (node) => {
    if (node.kind === "reduce") throw new Error(`a reduction stands in a body: ${printExpr(node)}`);
  });
  visit(
    expressions,
    (node) => {
      if (node.kind === "local") throw new Error(`the local \`${node.name}\` of a kernel stands in a graph`);
      if (node.kind === "apply") checkApply(node);
      if (node.kind !== "read") return;
      reads.push(node);
      const rank = node.tensor.shape.length;
      if (node.subscripts.length !== rank) {
        throw new Error(
          `\`${node.tensor.name}\` has ${rank} dimensions, but ${node.subscripts.length} subscripts`,
        );
      }
    },
    (atom) => {
      if (atom.kind === "index" && !bound.has(atom))
        throw new Error(`the index \`${atom.name}\` is not bound`);
    },
  );
  const closed = freeIndices(...[...bound].map((i) => i.extent), ...e.tensor.shape);
  for (const i of closed) throw new Error(`an extent depends on the index \`${i.name}\``);
  const target = freeIndices(...e.target);
  for (const i of e.indices) {
    const isOnce = e.accumulate || target.has(i) || (i.extent.terms.length === 0 && i.extent.constant <= 1);
    if (!isOnce) throw new Error(`each cell is stored once for every \`${i.name}\``);
  }
  for (const i of e.reduced) {
    if (target.has(i)) throw new Error(`the left side depends on the reduced index \`${i.name}\``);
  }
  return reads;
}
