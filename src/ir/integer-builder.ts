import type { IntegerInterner } from "./affine.ts";
import { addAffine, floorDivide, modulo, scaleAffine } from "./affine.ts";
import type { AtomName } from "./atom.ts";
import type {
  Affine,
  Apply,
  Expr,
  FloorDivision,
  Index,
  IntegerAtom,
  Modulo,
  Opaque,
  ScalarType,
  Term,
} from "./types.ts";

/** Interning, and arithmetic of integers: every result is in affine normal form. `Builder` adds all other nodes. */
export class IntegerBuilder implements IntegerInterner {
  private readonly interned = new Map<string, { id: number }>();
  /** The forms of single atoms, which are asked for most. */
  private readonly forms = new Map<IntegerAtom, Affine>();
  private nextId = 1;

  id(): number {
    return this.nextId++;
  }

  protected intern<T extends { id: number }>(key: string, make: (id: number) => T): T {
    const known = this.interned.get(key);
    if (known) return known as T;
    const node = make(this.id());
    this.interned.set(key, node);
    return node;
  }

  /** A fresh loop index. `extent` may be a number. */
  index(name: string, extent: Affine | number): Index {
    return { kind: "index", id: this.id(), name, extent: this.toAffine(extent) };
  }

  integer(value: number): Affine {
    return this.affine(value, []);
  }

  /** The normal form of one atom. */
  of(atom: IntegerAtom): Affine {
    const known = this.forms.get(atom);
    if (known) return known;
    const form = this.affine(0, [{ factor: 1, atom }]);
    this.forms.set(atom, form);
    return form;
  }

  toAffine(value: Affine | IntegerAtom | number): Affine {
    if (typeof value === "number") return this.integer(value);
    return value.kind === "affine" ? value : this.of(value);
  }

  /** Interns terms that are already distinct and nonzero; use `plus` and `times` to combine. */
  affine(constant: number, terms: readonly Term[]): Affine {
    const key = `a${constant}${terms.map((t) => `,${t.factor}*${t.atom.id}`).join("")}`;
    return this.intern<Affine>(key, (id) => ({
      kind: "affine",
      id,
      type: "i32",
      constant: constant + 0,
      terms,
    }));
  }

  plus(...values: (Affine | IntegerAtom | number)[]): Affine {
    return values.map((v) => this.toAffine(v)).reduce((a, b) => addAffine(this, a, b), this.integer(0));
  }

  minus(a: Affine | IntegerAtom | number, b: Affine | IntegerAtom | number): Affine {
    return addAffine(this, this.toAffine(a), scaleAffine(this, this.toAffine(b), -1));
  }

  /** A product; opaque where neither side is a constant. */
  times(a: Affine | IntegerAtom | number, b: Affine | IntegerAtom | number): Affine {
    const x = this.toAffine(a);
    const y = this.toAffine(b);
    if (x.terms.length === 0) return scaleAffine(this, y, x.constant);
    if (y.terms.length === 0) return scaleAffine(this, x, y.constant);
    return this.opaque(this.node("mul", x.id < y.id ? [x, y] : [y, x], "i32"));
  }

  floorDivide(value: Affine | IntegerAtom, divisor: Affine | number): Affine {
    const c = this.constantOf(divisor);
    if (c !== undefined && c > 0) return floorDivide(this, this.toAffine(value), c);
    return this.opaque(this.node("integer_div", [this.toAffine(value), this.toAffine(divisor)], "i32"));
  }

  modulo(value: Affine | IntegerAtom, divisor: Affine | number): Affine {
    const c = this.constantOf(divisor);
    if (c !== undefined && c > 0) return modulo(this, this.toAffine(value), c);
    return this.opaque(this.node("integer_mod", [this.toAffine(value), this.toAffine(divisor)], "i32"));
  }

  /** The number that an integer is, or undefined. */
  constantOf(value: Affine | number): number | undefined {
    if (typeof value === "number") return value;
    return value.terms.length === 0 ? value.constant : undefined;
  }

  floorAtom(value: Affine, divisor: number): FloorDivision {
    return this.intern<FloorDivision>(`f${value.id}/${divisor}`, (id) => ({
      kind: "floor",
      id,
      value,
      divisor,
    }));
  }

  moduloAtom(value: Affine, divisor: number): Modulo {
    return this.intern<Modulo>(`m${value.id}/${divisor}`, (id) => ({ kind: "modulo", id, value, divisor }));
  }

  opaque(value: Opaque["value"]): Affine {
    return this.of(this.intern<Opaque>(`o${value.id}`, (id) => ({ kind: "opaque", id, value })));
  }

  protected node(atom: AtomName, args: readonly Expr[], type: ScalarType): Apply {
    const key = `${atom}:${type}(${args.map((a) => a.id).join()})`;
    return this.intern<Apply>(key, (id) => ({ kind: "apply", id, type, atom, args }));
  }
}
