/**
 * The smallest value of a linear form over a polyhedron, exactly: the least-index criss-cross method (Terlaky 1985;
 * Fukuda and Terlaky, "Criss-cross methods: a fresh view on pivot algorithms", 1997) on a tableau of integers over one
 * common denominator (Edmonds' integer pivoting). It needs no feasible start, and what it proves holds without rounding.
 */

/** Σ coefficients[v]·x_v + constant ≥ 0, over variables that are ≥ 0. */
export interface Inequality {
  readonly constant: number;
  readonly coefficients: readonly number[];
}

/** Far more than the few dozen that programs of this size need. */
const mostPivots = 300;

/**
 * The minimum of the objective: a fraction of integers; Infinity where no point satisfies the inequalities; −Infinity
 * where it is unbounded, or where the numbers pass what is exact.
 */
export function minimise(
  objective: Inequality,
  inequalities: readonly Inequality[],
): { numerator: number; denominator: number } {
  const tableau = new Tableau(objective, inequalities);
  for (let pivots = 0; pivots < mostPivots; pivots++) {
    const step = tableau.step();
    if (step === "optimal") return { numerator: tableau.value, denominator: tableau.denominator };
    if (step === "infeasible") return { numerator: Infinity, denominator: 1 };
    if (step === "unbounded") break;
  }
  return { numerator: -Infinity, denominator: 1 };
}

/**
 * Row r says: denominator · basic_r = rows[r][0] − Σ_c rows[r][c] · nonbasic_c. Row 0 stands for −objective. Variables
 * are numbered: those of the program first, then one slack an inequality.
 */
class Tableau {
  denominator = 1;
  private readonly rows: number[][];
  private readonly basic: number[];
  private readonly nonbasic: number[];

  constructor(objective: Inequality, inequalities: readonly Inequality[]) {
    const width = objective.coefficients.length;
    this.nonbasic = [-1, ...Array.from({ length: width }, (_, v) => v)];
    this.basic = [-1, ...inequalities.map((_, i) => width + i)];
    this.rows = [
      [-objective.constant, ...objective.coefficients],
      ...inequalities.map((i) => [i.constant, ...i.coefficients.map((c) => -c)]),
    ];
  }

  get value(): number {
    return -this.rows[0]![0]!;
  }

  /** One pivot, at the infeasible variable with the least number, primal or dual. */
  step(): "moved" | "optimal" | "infeasible" | "unbounded" {
    const { rows, basic, nonbasic } = this;
    let row = -1;
    let column = -1;
    let least = Infinity;
    for (let r = 1; r < rows.length; r++) {
      if (rows[r]![0]! < 0 && basic[r]! < least) [least, row] = [basic[r]!, r];
    }
    for (let c = 1; c < nonbasic.length; c++) {
      if (rows[0]![c]! < 0 && nonbasic[c]! < least) [least, row, column] = [nonbasic[c]!, -1, c];
    }
    if (least === Infinity) return "optimal";
    least = Infinity;
    if (column < 0) {
      for (let c = 1; c < nonbasic.length; c++) {
        if (rows[row]![c]! < 0 && nonbasic[c]! < least) [least, column] = [nonbasic[c]!, c];
      }
      if (column < 0) return "infeasible";
    } else {
      for (let r = 1; r < rows.length; r++) {
        if (rows[r]![column]! > 0 && basic[r]! < least) [least, row] = [basic[r]!, r];
      }
      if (row < 0) return "unbounded";
    }
    return this.pivot(row, column) ? "moved" : "unbounded";
  }

  /** Exchanges a basic and a nonbasic variable; false where a number is no longer exact. */
  private pivot(row: number, column: number): boolean {
    const { rows, denominator } = this;
    const source = rows[row]!;
    const p = source[column]!;
    const sign = p < 0 ? -1 : 1;
    for (let r = 0; r < rows.length; r++) {
      if (r === row) continue;
      const target = rows[r]!;
      const factor = target[column]!;
      for (let c = 0; c < target.length; c++) {
        if (c === column) continue;
        const a = p * target[c]!;
        const b = factor * source[c]!;
        if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b) || !Number.isSafeInteger(a - b))
          return false;
        target[c] = (sign * (a - b)) / denominator;
      }
      target[column] = -sign * factor;
    }
    for (let c = 0; c < source.length; c++) source[c] = sign * (c === column ? denominator : source[c]!);
    this.denominator = sign * p;
    [this.basic[row], this.nonbasic[column]] = [this.nonbasic[column]!, this.basic[row]!];
    return true;
  }
}
