/** What was printed of expressions, here and before. */
import type { Expr } from "../../ir/types.ts";
import type { Code } from "../integers.ts";

export class Memo {
  private readonly own = new Map<Expr, Code>();

  constructor(private readonly before: Memo | null) {}

  get(e: Expr): Code | undefined {
    return this.own.get(e) ?? this.before?.get(e);
  }

  set(e: Expr, code: Code): void {
    this.own.set(e, code);
  }
}
