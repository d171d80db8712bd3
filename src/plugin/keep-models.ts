/**
 * Runs in a page that a development server serves, as text: it may use nothing but what it is given and the language.
 *
 * A page holds models, and they hold memory of the shapes that the source had when they were created. So while
 * developing, `create` and `load` give a stand-in that passes everything on to the model proper. When the source has
 * changed, each stand-in gets a new model: of the new class, with the values of all parameters and states whose path
 * and shape are the same, the number of steps, and the hyperparameters that the page has set. What the page took out of
 * a model, a view such as `model.parameters.W`, belongs to the old one.
 *
 * Where inputs, outputs, or the names of the classes are others, the program of the page must change as well: it is
 * loaded again.
 */

type Tree = { readonly [name: string]: Tree | Float32Array };
type Shapes = Readonly<Record<string, readonly (number | string)[]>>;
type Hyper = Record<string, number>;

interface Model {
  readonly parameters?: Tree;
  readonly states?: Tree;
  readonly hyper?: Hyper;
  stepCount?: number;
  passCount?: number;
  save(): Uint8Array;
  dispose?(): void;
}

export interface ModelClass {
  readonly shapes: { readonly inputs: Shapes; readonly outputs: Shapes; readonly parameters: Shapes };
  create(options?: object): Model;
  load(bytes: Uint8Array, options?: object): Model;
}

interface Handle {
  model: Model;
  /** What `create` or `load` was given: how many threads, for one. */
  readonly options: object | undefined;
  shapes: ModelClass["shapes"];
  /** As the source gave them. */
  hyper: Hyper;
}

interface Living {
  shapes: ModelClass["shapes"];
  create(options?: object): Model;
  load(bytes: Uint8Array, options?: object): Model;
  handles: WeakRef<Handle>[];
}

/** What Vite offers to a module: `import.meta.hot`. */
export interface Hot {
  readonly data: { living?: Record<string, Living> };
  invalidate(message?: string): void;
}

interface Page {
  dispatchEvent?(event: Event): boolean;
}

/** Makes the classes of one module replaceable, and gives the function that takes the next version of the module. */
export function keepModels(
  hot: Hot,
  file: string,
  classes: Readonly<Record<string, ModelClass>>,
  page: Page,
): (next: Readonly<Record<string, ModelClass>> | undefined) => void {
  const all = (hot.data.living ??= {});
  for (const [name, Class] of Object.entries(classes)) {
    const living = (all[name] ??= {
      shapes: Class.shapes,
      create: Class.create,
      load: Class.load,
      handles: [],
    });
    living.shapes = Class.shapes;
    living.create = Class.create.bind(Class);
    living.load = Class.load.bind(Class);
    // Classes of former versions, which the page still imports, ask `living`, and so create what is current.
    Class.create = (options) => standIn(living, living.create(options), options);
    Class.load = (bytes, options) => standIn(living, living.load(bytes, options), options);
  }

  function standIn(living: Living, model: Model, options: object | undefined): Model {
    const handle: Handle = { model, options, shapes: living.shapes, hyper: { ...model.hyper } };
    living.handles.push(new WeakRef(handle));
    const bound = new Map<PropertyKey, { readonly of: unknown; readonly call: unknown }>();
    return new Proxy(model, {
      get(_, key) {
        const value: unknown = Reflect.get(handle.model, key, handle.model);
        if (typeof value !== "function") return value;
        const known = bound.get(key);
        if (known?.of === handle.model) return known.call;
        const call: unknown = value.bind(handle.model);
        bound.set(key, { of: handle.model, call });
        return call;
      },
      set: (_, key, value) => Reflect.set(handle.model, key, value, handle.model),
    });
  }

  /** The seed and the dimensions of a model, which its own file tells. */
  function optionsOf(model: Model): Record<string, number> {
    const bytes = model.save();
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const { __metadata__: metadata }: { __metadata__: Record<string, string> } = JSON.parse(
      new TextDecoder().decode(bytes.subarray(8, 8 + length)),
    );
    const entries = Object.entries(metadata)
      .map(([name, value]): [string, number] => [name.replace(/^dim\./, ""), Number(value)])
      .filter(([name, value]) => !name.includes(".") && Number.isFinite(value));
    return Object.fromEntries(entries);
  }

  /** Copies what is the same; the paths of all that is not are added to `fresh`. */
  function carry(
    from: Tree | undefined,
    to: Tree | undefined,
    path: string,
    isSame: (path: string) => boolean,
    fresh: string[],
  ): number {
    let kept = 0;
    for (const [name, value] of Object.entries(to ?? {})) {
      const place = path === "" ? name : `${path}.${name}`;
      const old = from?.[name];
      if (!(value instanceof Float32Array)) {
        kept += carry(old instanceof Float32Array ? undefined : old, value, place, isSame, fresh);
      } else if (old instanceof Float32Array && old.length === value.length && isSame(place)) {
        value.set(old);
        kept += 1;
      } else {
        fresh.push(place);
      }
    }
    return kept;
  }

  function renew(handle: Handle, living: Living): { kept: number; fresh: string[] } {
    const { model: old, shapes: oldShapes } = handle;
    const model = living.create({ ...handle.options, ...optionsOf(old) });
    const fresh: string[] = [];
    const sameShape = (path: string): boolean =>
      JSON.stringify(oldShapes.parameters[path]) === JSON.stringify(living.shapes.parameters[path]);
    const kept = carry(old.parameters, model.parameters, "", sameShape, fresh);
    // The states of a parameter, which an optimizer keeps, stand below its path.
    const isOfKept = (path: string): boolean => !fresh.some((parameter) => path.startsWith(`${parameter}.`));
    carry(old.states, model.states, "", isOfKept, []);
    for (const count of ["stepCount", "passCount"] as const) {
      if (old[count] !== undefined && model[count] !== undefined) model[count] = old[count];
    }
    const given = { ...model.hyper };
    for (const [name, value] of Object.entries(given)) {
      const set = old.hyper?.[name];
      // A value that the source now gives goes before one that the page has set.
      if (model.hyper && set !== undefined && handle.hyper[name] === value) model.hyper[name] = set;
    }
    old.dispose?.();
    Object.assign(handle, { model, shapes: living.shapes, hyper: given });
    return { kept, fresh };
  }

  return (next) => {
    if (!next) return;
    const names = Object.keys(classes);
    const interfaceOf = (of: Readonly<Record<string, ModelClass>>): string =>
      JSON.stringify(names.map((name) => of[name] && [of[name].shapes.inputs, of[name].shapes.outputs]));
    if (interfaceOf(classes) !== interfaceOf(next)) {
      return hot.invalidate(`${file}: inputs or outputs are others`);
    }
    for (const name of names) {
      const living = all[name]!;
      living.handles = living.handles.filter((reference) => reference.deref() !== undefined);
      for (const reference of living.handles) {
        const handle = reference.deref();
        if (!handle) continue;
        const detail = { file, model: name, ...renew(handle, living) };
        const news = detail.fresh.length === 0 ? "" : `, started afresh: ${detail.fresh.join(", ")}`;
        console.info(`[nnc] ${file}: ${name} goes on with ${detail.kept} parameters kept${news}`);
        page.dispatchEvent?.(new CustomEvent("nnc:update", { detail }));
      }
    }
  };
}
