/**
 * The table of scalar functions. A row is the only place that knows its atom: numeric meaning, type, partial
 * derivatives, spelling per target, one line of documentation. Every other part of the compiler quantifies over rows.
 */
import type { Atom, AtomName } from "./atom.ts";
import { atomsOfChoices } from "./atoms-of-choices.ts";
import { atomsOfNumbers } from "./atoms-of-numbers.ts";

export type { Atom, AtomName, FormulaSpelling, JavascriptSpelling, Spelling, WatSpelling } from "./atom.ts";
export { precedence } from "./atom-spelling.ts";

export const atoms: Readonly<Record<AtomName, Atom>> = { ...atomsOfNumbers, ...atomsOfChoices };

export const atomNames = Object.keys(atoms) as AtomName[];
