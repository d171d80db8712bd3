/** How the columns of a product are split into panels. */

/** So many panels alike, one after the other. */
export interface PanelGroup {
  /** The first column of the first panel, how far apart the panels begin, and how many they are. */
  readonly from: number;
  readonly step: number;
  readonly turns: number;
  /** Columns side by side that are one vector: 4, or 1. */
  readonly unit: number;
  /** The first column of each unit, from the first one of the panel. */
  readonly offsets: readonly number[];
}

/** How many units a panel has: with two rows they are eight sums, and more than that are not kept in registers. */
const units = 4;

/** The values of the widest panel for one turn of the sums. */
export const widest = (groups: readonly PanelGroup[]): number =>
  Math.max(...groups.map((g) => g.unit * g.offsets.length));

/**
 * The panels of so many columns. Where columns are left that fill no vector, the last vector begins earlier and has
 * some columns of the one before once more (`mayRepeat`); else they are taken one by one. A single vector at the end
 * or two are balanced with the panel before, since a tile needs some sums side by side.
 */
export function panelGroups(columns: number, unit: number, mayRepeat: boolean): PanelGroup[] {
  const whole = Math.floor(columns / unit);
  const left = columns - whole * unit;
  const repeats = left > 0 && unit > 1 && mayRepeat && whole > 0;
  const groups = repeats ? vectors(columns, whole + 1, unit) : vectors(whole * unit, whole, unit);
  if (left === 0 || repeats) return groups;
  return [...groups, { from: whole * unit, step: left, turns: 1, unit: 1, offsets: range(left) }];
}

function vectors(columns: number, count: number, unit: number): PanelGroup[] {
  const panels = Math.floor(count / units);
  const rest = count % units;
  const isBalanced = unit > 1 && panels > 0 && (rest === 1 || rest === 2);
  // A panel whose last vector begins earlier is like no other.
  const isUnlike = rest === 0 && panels > 1 && columns < count * unit;
  const alike = isBalanced || isUnlike ? panels - 1 : panels;
  const groups: PanelGroup[] = [];
  const add = (turns: number, width: number, begin: number, step: number): void => {
    if (turns === 0) return;
    // The last vector of all begins where it ends with the columns.
    const offsets = range(width).map((n) => Math.min(n * unit, columns - unit - begin - (turns - 1) * step));
    groups.push({ from: begin, step, turns, unit, offsets });
  };
  add(alike, units, 0, units * unit);
  const begin = alike * units * unit;
  if (isUnlike) add(1, units, begin, 0);
  else if (!isBalanced) add(rest === 0 ? 0 : 1, rest, begin, 0);
  else if (rest === 2) add(2, units - 1, begin, columns - (units - 1) * unit - begin);
  else {
    add(1, units - 1, begin, 0);
    add(1, units - 2, begin + (units - 1) * unit, 0);
  }
  return groups;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
