/**
 * Compiles an example, imports what came out, and trains it on real data:
 *
 *     npm run example                 # digits
 *     npm run example -- penguins     # any of those below
 *
 * Each prints what it reached, and fails where that is less than it should be.
 */
import { cnn, digits } from "./training/digits.mjs";
import { mnist } from "./training/mnist.mjs";
import { names, namesTransformer } from "./training/names.mjs";
import { penguins } from "./training/penguins.mjs";

const programs = { digits, cnn, penguins, names, "names-transformer": namesTransformer, mnist };

const [name = "digits", ...rest] = process.argv.slice(2);
if (rest.length > 0 || !Object.hasOwn(programs, name)) {
  console.error(`which example? ${Object.keys(programs).join(", ")}`);
  process.exit(2);
}
await programs[name]();
