/** Values for a sample that the user gives: of every tensor, and central differences beside gradients. */
import type { Environment } from "../ir/interpreter.ts";
import { extentsOf, interpret } from "../ir/interpreter.ts";
import type { Statement, Tensor } from "../ir/types.ts";
import { slopesOf } from "./checks.ts";
import { stepFor, valuesOf } from "./compare.ts";
import type { Numbers, Step } from "./derivation.ts";
import type { Trail } from "./trail.ts";

/** Tensors of at most so many cells are told whole. */
const mostCells = 64;
/** Of larger ones, so many. */
const firstCells = 8;
/** Cells that central differences are taken in. */
const mostDifferences = 16;

export class Sample {
  private readonly given: Environment;
  private readonly evaluated = new Map<Trail, Environment>();

  constructor(given: Environment) {
    this.given = given;
  }

  /** All values of one derivation. */
  at(trail: Trail): Environment {
    const known = this.evaluated.get(trail);
    if (known) return known;
    const environment: Environment = { dims: this.given.dims, values: new Map(this.given.values) };
    interpret(trail.raw, environment);
    this.evaluated.set(trail, environment);
    return environment;
  }

  numbers(t: Tensor, trail: Trail): Numbers | undefined {
    const environment = this.at(trail);
    const values = environment.values.get(t);
    if (!values) return undefined;
    const shown = values.length <= mostCells ? values.length : firstCells;
    return {
      shape: extentsOf(t, environment.dims),
      cells: Array.from(values.slice(0, shown)),
      count: values.length,
    };
  }

  differences(t: Tensor, wrt: Tensor, forward: readonly Statement[], trail: Trail): Step["differences"] {
    const environment = this.at(trail);
    const values = environment.values.get(t);
    if (!values || t === wrt) return undefined;
    const cells = Array.from({ length: Math.min(values.length, mostDifferences) }, (_, i) => i);
    const slopes = slopesOf(trail.builder, forward, trail.of, wrt, cells, environment);
    const off = slopes.map((s, i) => (s === null ? 0 : Math.abs(s - values[cells[i]!]!)));
    return {
      cells: slopes.map((s) => s ?? NaN),
      step: stepFor(valuesOf(environment, wrt)),
      deviation: Math.max(0, ...off),
    };
  }
}
