/** `fn sign_ste(x) = sign(x) with gradient(x, dy) = dy`: a derivative that is given, for the first parameter. */
import type { Span, Statement, Tensor } from "../../ir/types.ts";
import type { FunctionDeclaration } from "../syntax.ts";
import { define, originOf, store } from "./define.ts";
import type { Elaboration, Environment } from "./environment.ts";
import { fail, join, uniqueName } from "./environment.ts";
import { arrayExpression } from "./operands.ts";
import { Scope } from "./scope.ts";
import { broadcastTo } from "./shapes.ts";
import type { ArrayValue } from "./values.ts";
import { castValue, freshIndices, ofTensor } from "./values.ts";

export function overrideGradient(
  elab: Elaboration,
  env: Environment,
  declaration: FunctionDeclaration,
  gradient: NonNullable<FunctionDeclaration["gradient"]>,
  value: ArrayValue,
  span: Span,
): ArrayValue {
  const { builder: b } = elab;
  const names = declaration.parameters.map((p) => p.name.text);
  const expected = [...names, "the gradient of the result"];
  if (
    gradient.parameters.length !== expected.length ||
    names.some((n, k) => gradient.parameters[k]!.text !== n)
  ) {
    fail(elab, env, "NN3001", gradient.span, {
      name: declaration.name.text,
      expected: `(${[...names, "dy"].join(", ")})`,
    });
  }
  const first = env.scope.lookup(names[0]!);
  const x = first?.kind === "value" && first.value.kind === "array" ? first.value : undefined;
  if (!x || x.type !== "f32" || value.type !== "f32" || x.flexible) return value;
  if (env.indices.length > 0) {
    fail(
      elab,
      env,
      "NN3002",
      span,
      { name: declaration.name.text },
      {
        help: `apply it to the whole tensor in a definition of its own: \`y = ${declaration.name.text}(x)\``,
      },
    );
  }
  const wrt = x.tensor ?? define(elab, env, join(env.path, names[0]!), x, span).tensor!;
  const source = define(elab, env, join(env.path, "value"), value, span).tensor!;
  const make = (name: string, like: Tensor, role: Tensor["role"]): Tensor =>
    b.tensor({ name: uniqueName(elab, name), type: "f32", shape: like.shape, role, span });
  const result = make(join(env.path, "result"), source, "definition");
  const upstream = make(`d${result.name}`, result, "adjoint");
  const dx = make(`d${env.path}.${names[0]}`, wrt, "adjoint");
  const equations: Statement[] = [];
  const scope = new Scope(env.scope);
  const last = gradient.parameters.at(-1)!;
  scope.bind(names[0]!, { kind: "value", value: ofTensor(b, wrt, x.names), span: gradient.span });
  scope.bind(last.text, { kind: "value", value: ofTensor(b, upstream, value.names), span: last.span });
  const inner: Environment = {
    ...env,
    scope,
    emit: equations,
    path: join(env.path, "gradient"),
    uses: new Map(),
  };
  const written = castValue(b, arrayExpression(elab, gradient.value, inner), "f32");
  const given = broadcastTo(elab, inner, written, wrt.shape, "the gradient", gradient.span);
  const indices = freshIndices(b, wrt.shape, x.names);
  const target = indices.map((i) => b.of(i));
  store(elab, inner, { tensor: dx, indices, target }, given.at(target, wrt.shape), gradient.span);
  env.emit.push({
    kind: "override",
    id: b.id(),
    tensor: result,
    source,
    upstream,
    equations,
    gradients: [{ wrt, result: dx }],
    origin: originOf(env, span, result.name),
  });
  return ofTensor(b, result, value.names);
}
