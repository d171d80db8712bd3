/** Names of the source become identifiers of JavaScript, and never anything else. */

/** Words that JavaScript or TypeScript reserves, globals that generated code uses, and names with a meaning of their own. */
const reserved: ReadonlySet<string> = new Set(
  `arguments as async await boolean break case catch class const constructor continue debugger declare default delete
   do else enum eval export extends false finally for from function get globalThis if implements import in instanceof
   interface let module namespace new null number object of package private protected prototype public readonly return
   set static string super switch symbol this throw true try type typeof undefined unknown any never bigint var void
   while with yield Array ArrayLike Boolean DataView Error Float32Array Infinity Int32Array Uint8Array JSON Map Math NaN
   Number Object RangeError ReadonlyMap Record Set String TypeError WebAssembly atob decodeURIComponent isFinite isNaN __proto__`.split(
    /\s+/,
  ),
);

/** Subscript and superscript digits stand for plain ones; other characters that no identifier may hold become `_`. */
export function identifier(text: string): string {
  const plain = text
    .replace(/[²³¹⁰-⁹₀-₉]/gu, (c) => c.normalize("NFKC"))
    .replace(/[^\p{ID_Continue}]/gu, "_");
  const started = /^[\p{ID_Start}_]/u.test(plain) ? plain : `_${plain}`;
  return reserved.has(started) ? `${started}_` : started;
}

/** The names of one scope. A name is taken once, and never shadows one of an enclosing scope. */
export class Names {
  private readonly taken = new Set<string>();

  constructor(
    private readonly parent: Names | null = null,
    private readonly spell: (text: string) => string = identifier,
  ) {}

  /** The first candidate that is free, as it is spelled here; else the last one with a number. */
  fresh(...candidates: string[]): string {
    const names = candidates.map(this.spell);
    const free = names.find((name) => !this.has(name));
    if (free !== undefined) return this.take(free);
    const last = names[names.length - 1]!;
    for (let n = 2; ; n++) if (!this.has(`${last}${n}`)) return this.take(`${last}${n}`);
  }

  take(name: string): string {
    this.taken.add(name);
    return name;
  }

  private has(name: string): boolean {
    return this.taken.has(name) || (this.parent?.has(name) ?? false);
  }
}

/**
 * What a kernel may call a tensor, shortest first: `h.linear.W` is `W`, `linear_W` or `h_linear_W`, and its gradient
 * `dh.linear.W` is `dW` and so on.
 */
export function shortNames({ name, role }: { readonly name: string; readonly role: string }): string[] {
  const isAdjoint = role === "adjoint" && name.startsWith("d");
  const parts = (isAdjoint ? name.slice(1) : name).split(".");
  return parts.map((_, i) => (isAdjoint ? "d" : "") + parts.slice(parts.length - 1 - i).join("_"));
}

/** Names of properties, which may be reserved words. */
export function propertyNames(): Names {
  return new Names(null, propertyKey);
}

/** Tensors by path: the tree that `model.parameters.h.linear.W` walks. */
export interface PathTree<T> {
  readonly groups: Map<string, PathTree<T>>;
  readonly leaves: Map<string, T>;
}

/** Where each item sits in the tree; the key of a leaf gets a `_` where a group has the same name. */
export interface Paths<T> {
  readonly tree: PathTree<T>;
  readonly places: ReadonlyMap<T, readonly string[]>;
}

export function pathTree<T>(items: readonly T[], pathOf: (item: T) => string): Paths<T> {
  const empty = (): PathTree<T> => ({ groups: new Map(), leaves: new Map() });
  const tree = empty();
  const found = items.map((item) => {
    const keys = pathOf(item).split(".").map(propertyKey);
    let node = tree;
    for (const key of keys.slice(0, -1)) {
      const next = node.groups.get(key) ?? empty();
      node.groups.set(key, next);
      node = next;
    }
    return { item, node, keys };
  });
  const places = new Map<T, readonly string[]>();
  for (const { item, node, keys } of found) {
    let key = keys[keys.length - 1]!;
    while (node.groups.has(key) || node.leaves.has(key)) key += "_";
    node.leaves.set(key, item);
    places.set(item, [...keys.slice(0, -1), key]);
  }
  return { tree, places };
}

/** A property may have any name but that of the prototype; a turn of a loop is a number. */
export function propertyKey(text: string): string {
  if (/^(0|[1-9]\d{0,8})$/.test(text)) return text;
  const plain = text.replace(/[^\p{ID_Continue}]/gu, "_");
  const started = /^[\p{ID_Start}_]/u.test(plain) ? plain : `_${plain}`;
  return started === "__proto__" || started === "constructor" ? `${started}_` : started;
}

/** A key of an object literal: quoted only where it has to be. */
export function literalKey(key: string): string {
  return /^(?:[\p{ID_Start}_]\p{ID_Continue}*|0|[1-9]\d{0,8})$/u.test(key) ? key : JSON.stringify(key);
}

/** `.W` or `[0]`. */
export function access(key: string): string {
  return /^\d/.test(key) ? `[${key}]` : `.${key}`;
}
