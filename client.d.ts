/**
 * For `"types": ["nnc/client"]` in a tsconfig.json, or `/// <reference types="nnc/client" />`: imports of `.nn` files
 * whose own types are not there yet are of type `any`. `nnc types` and the plugins write the exact ones, which go before
 * these; those of imports with options behind a question mark where `.nnc/types` is in the `include` of the tsconfig.json.
 */
declare module "*.nn";
declare module "*.nn?level=0";
declare module "*.nn?level=1";
declare module "*.nn?level=2";
declare module "*.nn?target=typescript";
declare module "*.nn?target=wasm";
declare module "*.nn?target=auto";
declare module "*.nn?target=webgpu";
declare module "*.nn?target=wasm&level=0";
declare module "*.nn?target=wasm&level=1";
declare module "*.nn?target=wasm&level=2";
declare module "*.nn?target=webgpu&level=0";
declare module "*.nn?target=webgpu&level=1";
declare module "*.nn?target=webgpu&level=2";

/** The text of the file. */
declare module "*.nn?raw" {
  const text: string;
  export default text;
}

/** How the compiler came to the gradients, step by step, as plain data. */
declare module "*.nn?derivation" {
  import type { Derivation } from "nnc";
  const derivation: Derivation;
  export default derivation;
}
