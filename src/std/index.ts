/** The standard library, as text: it is written in the language and has no privileges. */
import activations from "./activations.nn?raw";
import attention from "./attention.nn?raw";
import convolution from "./convolution.nn?raw";
import distances from "./distances.nn?raw";
import initialisers from "./initialisers.nn?raw";
import layers from "./layers.nn?raw";
import losses from "./losses.nn?raw";
import normalisation from "./normalisation.nn?raw";
import optimizers from "./optimizers.nn?raw";
import pooling from "./pooling.nn?raw";
import recurrent from "./recurrent.nn?raw";
import schedules from "./schedules.nn?raw";
import shapes from "./shapes.nn?raw";

export const library: readonly { readonly file: string; readonly text: string }[] = [
  { file: "std/activations.nn", text: activations },
  { file: "std/attention.nn", text: attention },
  { file: "std/convolution.nn", text: convolution },
  { file: "std/distances.nn", text: distances },
  { file: "std/initialisers.nn", text: initialisers },
  { file: "std/layers.nn", text: layers },
  { file: "std/losses.nn", text: losses },
  { file: "std/normalisation.nn", text: normalisation },
  { file: "std/optimizers.nn", text: optimizers },
  { file: "std/pooling.nn", text: pooling },
  { file: "std/recurrent.nn", text: recurrent },
  { file: "std/schedules.nn", text: schedules },
  { file: "std/shapes.nn", text: shapes },
];
