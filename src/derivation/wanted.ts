/** Which gradients are explained: what the model asks for, or what its reader names. */
import type { Builder } from "../ir/builder.ts";
import { tensorsRead } from "../ir/dependences.ts";
import type { Gradient, Program, Statement, Tensor } from "../ir/types.ts";

/** What was asked for is not there; in one sentence. */
export class WantedError extends Error {}

/** One scalar and the gradients that are wanted of it. */
export interface Wanted {
  readonly of: Tensor;
  readonly request: Gradient;
  /** Where the compiled module computes the same. */
  readonly compiled: {
    readonly graph: "backward" | "forward";
    readonly results: ReadonlyMap<Tensor, Tensor>;
  } | null;
}

export interface Asked {
  readonly gradient?: string;
  readonly of?: string;
}

/** `forward` are the statements of the model, in training. */
export function wantedIn(
  program: Program,
  forward: readonly Statement[],
  b: Builder,
  asked: Asked,
): Wanted[] {
  const all =
    asked.of === undefined ? requested(program, forward, b) : [ofNamed(program, forward, b, asked.of)];
  const { gradient } = asked;
  if (gradient === undefined) {
    if (all.length > 0) return all;
    throw new WantedError(
      `${program.name} has no loss and asks for no gradient: say which scalar to differentiate, as --of NAME`,
    );
  }
  const found = all.flatMap((w) => only(w, program, forward, b, gradient));
  if (found.length > 0) return found;
  const names = [...new Set(all.flatMap((w) => w.request.wrt.map((t) => t.name)))];
  throw new WantedError(
    `there is no gradient by \`${gradient}\`${names.length === 0 ? "" : `: ${program.name} has ${names.map((n) => `\`${n}\``).join(", ")}`}`,
  );
}

/** The loss by what is trained; then every scalar that `grad` is asked of, by all that it is asked by. */
function requested(program: Program, forward: readonly Statement[], b: Builder): Wanted[] {
  const { loss, trained, gradients } = program;
  const own: Wanted[] =
    loss && trained.length > 0
      ? [
          {
            of: loss,
            request: requestFor(b, loss, trained, gradients),
            compiled: { graph: "backward", results: new Map(gradients.map((g) => [g, g])) },
          },
        ]
      : [];
  const groups = new Map<Tensor, { wrt: Tensor; result: Tensor }[]>();
  for (const s of forward) {
    if (s.kind !== "gradient") continue;
    const pairs = s.wrt.map((wrt, i) => ({ wrt, result: s.results[i]! }));
    groups.set(s.of, [...(groups.get(s.of) ?? []), ...pairs]);
  }
  const asked = [...groups].map(([of, pairs]): Wanted => {
    const distinct = pairs.filter((p, i) => pairs.findIndex((q) => q.wrt === p.wrt) === i);
    const results = distinct.map((p) => gradientTensor(b, p.wrt));
    return {
      of,
      request: requestFor(
        b,
        of,
        distinct.map((p) => p.wrt),
        results,
      ),
      compiled: { graph: "forward", results: new Map(results.map((r, i) => [r, distinct[i]!.result])) },
    };
  });
  return [...own, ...asked];
}

function ofNamed(program: Program, forward: readonly Statement[], b: Builder, name: string): Wanted {
  const of = definedAs(forward, name);
  if (!of) throw new WantedError(`there is no definition \`${name}\` to differentiate`);
  if (of.shape.length > 0 || of.type !== "f32")
    throw new WantedError(`\`${name}\` is no scalar number: a gradient is taken of one number`);
  const known = requested(program, forward, b).find((w) => w.of === of);
  if (known) return known;
  const given = [...program.inputs, ...program.parameters].filter((t) => t.type === "f32");
  const wrt = given.filter((t) => forward.some((s) => tensorsRead(s).includes(t)));
  return {
    of,
    request: requestFor(
      b,
      of,
      wrt,
      wrt.map((t) => gradientTensor(b, t)),
    ),
    compiled: null,
  };
}

/** The same for one tensor of the model: `W`, or its gradient `dW`. */
function only(
  { of, request, compiled }: Wanted,
  program: Program,
  forward: readonly Statement[],
  b: Builder,
  gradient: string,
): Wanted[] {
  const tensor = (name: string): Tensor | undefined =>
    [...program.inputs, ...program.parameters].find((t) => t.name === name) ?? definedAs(forward, name);
  const wrt = tensor(gradient) ?? (gradient.startsWith("d") ? tensor(gradient.slice(1)) : undefined);
  if (!wrt || wrt.type !== "f32" || wrt === of) return [];
  const position = request.wrt.indexOf(wrt);
  if (position >= 0)
    return [{ of, compiled, request: requestFor(b, of, [wrt], [request.results[position]!]) }];
  return [{ of, compiled: null, request: requestFor(b, of, [wrt], [gradientTensor(b, wrt)]) }];
}

function definedAs(forward: readonly Statement[], name: string): Tensor | undefined {
  return forward.flatMap((s) => (s.kind === "gradient" ? [] : [s.tensor])).find((t) => t.name === name);
}

function requestFor(b: Builder, of: Tensor, wrt: readonly Tensor[], results: readonly Tensor[]): Gradient {
  return { kind: "gradient", id: b.id(), of, wrt, results, origin: { span: of.span, name: `d${of.name}` } };
}

function gradientTensor(b: Builder, wrt: Tensor): Tensor {
  return b.tensor({ name: `d${wrt.name}`, type: "f32", shape: wrt.shape, role: "adjoint", span: wrt.span });
}
