import type { Rule } from "./grammar-base.ts";
import { GrammarBase } from "./grammar-base.ts";
import type { Argument, Expression, ReduceExpression, Subscript } from "./syntax.ts";
import * as t from "./tokens.ts";

type ReducerIndex = ReduceExpression["indices"][number];
/** What stands in brackets inside an expression: arguments, subscripts, the indices of a reducer. */
export abstract class ArgumentGrammar extends GrammarBase {
  protected abstract readonly expression: Rule<Expression>;

  protected readonly arguments: Rule<Argument[]> = this.RULE(
    "arguments",
    () => {
      const found: Argument[] = [];
      this.CONSUME(t.LeftParenthesis);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.argument)) });
      this.CONSUME(t.RightParenthesis);
      return found;
    },
    // There is an argument, which could not be read.
    this.recoverAs(() => {
      const value = this.errorHere();
      return [{ value, span: value.span }];
    }),
  );

  private readonly argument: Rule<Argument> = this.RULE(
    "argument",
    () => {
      const start = this.start();
      const name = this.OPTION(() => {
        const token = this.CONSUME(t.Name);
        this.CONSUME(t.Equals);
        return this.nameOf(token);
      });
      const value = this.SUBRULE(this.expression);
      return { ...(name && { name }), value, span: this.spanFrom(start) };
    },
    this.recoverAs(() => {
      const value = this.errorHere();
      return { value, span: value.span };
    }),
  );

  protected readonly subscripts: Rule<Subscript[]> = this.RULE(
    "subscripts",
    () => {
      const found: Subscript[] = [];
      this.CONSUME(t.LeftBracket);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => found.push(this.SUBRULE(this.subscript)),
        ERR_MSG: "a subscript",
      });
      this.CONSUME(t.RightBracket);
      return found;
    },
    this.recoverAs(() => []),
  );

  private readonly subscript: Rule<Subscript> = this.RULE(
    "subscript",
    () => {
      const start = this.start();
      return this.OR<Subscript>({
        DEF: [
          { ALT: () => ({ kind: "slice", span: t.spanOf(this.CONSUME(t.Colon), this.file) }) },
          {
            ALT: () => {
              this.CONSUME(t.Rest);
              const name = this.nameOf(this.CONSUME(t.Name));
              return { kind: "rest", name, span: this.spanFrom(start) };
            },
          },
          {
            ALT: () => {
              const value = this.SUBRULE(this.expression);
              return { kind: "at", value, span: this.spanFrom(start) };
            },
          },
        ],
        ERR_MSG: "a subscript",
      });
    },
    this.recoverAs(() => {
      const value = this.errorHere();
      return { kind: "at", value, span: value.span };
    }),
  );

  protected readonly indices: Rule<ReducerIndex[]> = this.RULE("indices", () => {
    const found: (ReducerIndex | undefined)[] = [];
    this.CONSUME(t.LeftBracket);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.index)) });
    this.CONSUME(t.RightBracket);
    return found.filter(isPresent);
  });

  private readonly index: Rule<ReducerIndex | undefined> = this.RULE("index", () => {
    const start = this.start();
    return this.OR<ReducerIndex>([
      {
        ALT: () => {
          this.CONSUME(t.Rest);
          const name = this.nameOf(this.CONSUME(t.Name));
          return { name, rest: true, span: this.spanFrom(start) };
        },
      },
      {
        ALT: () => {
          const name = this.nameOf(this.CONSUME2(t.Name));
          const below = this.OPTION(() => {
            this.CONSUME(t.Less);
            return this.SUBRULE(this.expression);
          });
          return { name, ...(below && { below }), span: this.spanFrom(start) };
        },
      },
    ]);
  });
}

/** A rule that could not read its text may give nothing. */
export function isPresent<Item>(item: Item | undefined): item is Item {
  return item !== undefined;
}

export function valuesOf(found: readonly Argument[]): Expression[] {
  return found.map((argument) => argument.value);
}
