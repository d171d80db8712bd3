/** The standard library, as text: it is written in the language and has no privileges. */
import activations from "./activations.nn?raw";
import initialisers from "./initialisers.nn?raw";
import layers from "./layers.nn?raw";
import losses from "./losses.nn?raw";
import optimizers from "./optimizers.nn?raw";

export const library: readonly { readonly file: string; readonly text: string }[] = [
  { file: "std/activations.nn", text: activations },
  { file: "std/initialisers.nn", text: initialisers },
  { file: "std/layers.nn", text: layers },
  { file: "std/losses.nn", text: losses },
  { file: "std/optimizers.nn", text: optimizers },
];
