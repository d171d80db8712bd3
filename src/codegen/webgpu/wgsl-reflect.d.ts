/** What is used of the library's single file, which brings no types. */
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  /** A declaration of a module; `storage` is the address space of a variable. */
  export interface Declaration {
    readonly name?: string;
    readonly storage?: string | null;
    readonly type?: object | null;
  }

  export class WgslParser {
    parse(code: string): Declaration[];
  }

  export interface Resource {
    readonly name: string;
    readonly group: number;
    readonly binding: number;
    readonly access: string;
    readonly size: number;
  }

  export interface EntryPoint {
    readonly name: string;
    readonly attributes:
      readonly { readonly name: string; readonly value: string | readonly string[] | null }[] | null;
  }

  export class WgslReflect {
    readonly storage: readonly Resource[];
    readonly uniforms: readonly Resource[];
    readonly entry: { readonly compute: readonly EntryPoint[] };
    updateAST(declarations: readonly Declaration[]): void;
    getTypeInfo(type: object): { readonly size: number };
  }
}
