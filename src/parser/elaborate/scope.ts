import type { Affine, Index, Span } from "../../ir/types.ts";
import type {
  FunctionDeclaration,
  LayerDeclaration,
  ModelDeclaration,
  OptimizerDeclaration,
} from "../syntax.ts";
import type { Value } from "./values.ts";

/** What a name in an expression may stand for. */
export type Binding =
  | {
      readonly kind: "value";
      readonly value: Value;
      readonly span: Span;
      readonly constant?: "size" | "turn";
    }
  /** A parameter of a layer, made at its first mention. */
  | { readonly kind: "lazy"; readonly make: () => Value; readonly span: Span }
  | { readonly kind: "index"; readonly index: Index; readonly span: Span }
  /** `...i`: any number of indices. */
  | { readonly kind: "indices"; readonly indices: readonly Index[]; readonly span: Span }
  /** `...s` of a type: any number of extents. */
  | { readonly kind: "extents"; readonly extents: readonly Affine[]; readonly span: Span }
  /** A definition that failed: its mistake is reported, so its uses are not. */
  | { readonly kind: "failed"; readonly span: Span };

/** Where a block defines a name: the name itself, and the whole statement. */
export interface Announcement {
  readonly name: Span;
  readonly statement: Span;
  /** Defined in the turns of a `for`, and unknown outside. */
  readonly inTurns: boolean;
}

/** Nested name tables. `carries` marks the turn of a `for`: names of enclosing scopes are redefined there. */
export class Scope {
  private readonly names = new Map<string, Binding>();
  private readonly announced = new Map<string, Announcement>();

  constructor(
    readonly parent: Scope | null = null,
    readonly carries = false,
  ) {}

  lookup(name: string): Binding | undefined {
    return this.names.get(name) ?? this.parent?.lookup(name);
  }

  /** The binding in this scope itself. */
  own(name: string): Binding | undefined {
    return this.names.get(name);
  }

  bind(name: string, binding: Binding): void {
    this.names.set(name, binding);
  }

  /** Tells that a statement of this block will define the name: a use before it is a mistake of its own. */
  announce(name: string, announcement: Announcement): void {
    if (!this.announced.has(name)) this.announced.set(name, announcement);
  }

  announcement(name: string): Announcement | undefined {
    return this.announced.get(name) ?? this.parent?.announcement(name);
  }

  /** Where a definition of `name` goes: the scope that a `for` carries it in, or this one. */
  home(name: string): Scope {
    if (this.names.has(name) || !this.carries) return this;
    for (let s: Scope | null = this.parent; s; s = s.parent) {
      if (s.names.has(name)) return s;
      if (!s.carries) break;
    }
    return this;
  }

  /** Every visible name, for suggestions. */
  visible(): string[] {
    return [...this.names.keys(), ...(this.parent?.visible() ?? [])];
  }
}

export type CallableDeclaration = FunctionDeclaration | LayerDeclaration | OptimizerDeclaration;

/** What a callable name means: its declaration and the file it was written in, whose own names its body sees. */
export interface Callable {
  readonly declaration: CallableDeclaration;
  readonly home: FileScope;
}

/** Functions, layers and optimizers visible in one file: its own, its imports, then the standard library. */
export class FileScope {
  private readonly callables = new Map<string, Callable>();
  /** Names whose declarations are read when they are first asked for. */
  private readonly unread = new Map<string, () => void>();
  readonly models: ModelDeclaration[] = [];
  /** Imports that could not be found: reported where they are imported, so not again where they are used. */
  readonly missing = new Set<string>();
  /** Something in the file could not be read: what it would have defined is not missing. */
  broken = false;

  constructor(
    readonly file: string,
    readonly library: FileScope | null,
  ) {}

  lookup(name: string): Callable | undefined {
    return this.own(name) ?? this.library?.lookup(name);
  }

  own(name: string): Callable | undefined {
    this.unread.get(name)?.();
    return this.callables.get(name);
  }

  /** Tells of declarations that `read` will bind: it is called once, when the first of their names is asked for. */
  postpone(names: readonly string[], read: () => void): void {
    const readOnce = (): void => {
      for (const name of names) this.unread.delete(name);
      read();
    };
    for (const name of names) this.unread.set(name, readOnce);
  }

  bind(name: string, callable: Callable): void {
    this.callables.set(name, callable);
  }

  /** Whether the file declares anything of its own. */
  get declares(): boolean {
    return this.callables.size > 0;
  }

  visible(): string[] {
    return [...this.callables.keys(), ...this.unread.keys(), ...(this.library?.visible() ?? [])];
  }
}
