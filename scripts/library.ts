/**
 * Writes `docs/library.md`: the standard library with the derivatives that the compiler derives. Run with
 * `npx unrun scripts/library.ts`; a test says when that is due.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readLibrary } from "./library/documentation.ts";
import { libraryPage } from "./library/page.ts";

const page = new URL("../docs/library.md", import.meta.url);

const preface = `# The standard library

Every function, layer, loss, optimizer, initialiser and schedule, by topic. All are written in the language and have
no privileges: what you see under a name is all there is, and you may copy it into a model and change it. A
derivative is written by hand only where it says \`with gradient\`. What stands under _Its derivative_ is what the
compiler derives for the example, printed as it is computed in training.

How to read a derivative:

- \`dx\` is the gradient of the loss by \`x\`. Where an example has no loss, \`dy\` is the gradient that arrives at its
  output \`y\`.
- \`[c]\` is 1 where c holds and 0 elsewhere. \`… where c\` is 0 where c does not hold.
- \`Σ_{i : c} …\` sums over the i for which c holds; \`+=\` adds to what the lines before have given.
- A reduction inside the definition of \`p\` is called \`p.sum\`, \`p.max\`, …, and its gradient \`dp.sum\`; so are those
  inside the definition of \`dp\`.
- \`h.2\` is \`h\` in turn 2 of a \`for\`. A parameter of a layer has the name that the layer gives it, with the path in
  front where there are several.
- Numbers are printed with six digits.

The topics:

`;

/** The page as it should be. */
export const currentPage = (): string => libraryPage(readLibrary(), preface);

export const readPage = (): string => readFileSync(page, "utf8");

// `unrun` runs a bundle of this file, named after it.
if (process.argv[1]?.includes("library.ts")) writeFileSync(page, currentPage());
