import type { IToken } from "chevrotain";
import type { Rule } from "./grammar-base.ts";
import { ArgumentGrammar, isPresent, valuesOf } from "./grammar-arguments.ts";
import { isBinaryOperator } from "./operators.ts";
import type { Infix, Operand, Prefix } from "./precedence.ts";
import { assemble } from "./precedence.ts";
import type { Argument, CallExpression, Expression, Subscript } from "./syntax.ts";
import * as t from "./tokens.ts";
import { isReducer } from "./words.ts";

/** What follows a primary: the arguments of a call, or subscripts. */
type Suffix =
  | { readonly kind: "call"; readonly arguments: readonly Argument[] }
  | { readonly kind: "subscript"; readonly subscripts: readonly Subscript[] };

export class ExpressionGrammar extends ArgumentGrammar {
  /** Pipes bind loosest: `a + b |> f` is `f(a + b)`. */
  readonly expression: Rule<Expression> = this.RULE(
    "expression",
    () => {
      const start = this.start();
      let value = this.SUBRULE(this.operation);
      this.MANY(() => {
        this.CONSUME(t.Pipe);
        const target = this.SUBRULE(this.pipeTarget);
        const call = { ...target, piped: value, span: this.spanFrom(start) };
        value = this.ACTION(() => this.grow(call, call.piped, call.callee, ...valuesOf(call.arguments)));
      });
      return value;
    },
    this.recoverAs(() => this.errorHere()),
  );

  private readonly pipeTarget: Rule<CallExpression> = this.RULE(
    "pipeTarget",
    () => {
      const start = this.start();
      const name = this.CONSUME(t.Name);
      let call: CallExpression = {
        kind: "call",
        callee: { kind: "name", name: this.nameOf(name).text, span: t.spanOf(name, this.file) },
        arguments: [],
        bare: true,
        span: t.spanOf(name, this.file),
      };
      this.MANY(() => {
        const args = this.SUBRULE(this.arguments);
        const callee: Expression = call.bare
          ? call.callee
          : this.grow(call, call.callee, ...valuesOf(call.arguments));
        call = { kind: "call", callee, arguments: args, span: this.spanFrom(start) };
      });
      return call;
    },
    this.recoverAs(() => {
      const callee = this.errorHere();
      return { kind: "call", callee, arguments: [], span: callee.span };
    }),
  );

  /** Operands and operators in a row; `operators.ts` knows which belong together. */
  private readonly operation: Rule<Expression> = this.RULE(
    "operation",
    () => {
      const rest: { infix: Infix; operand: Operand }[] = [];
      const first = this.SUBRULE(this.operand);
      this.MANY(() => {
        const infix = this.infixOf(this.CONSUME(t.BinaryOperator));
        rest.push({ infix, operand: this.SUBRULE2(this.operand) });
      });
      return this.ACTION(() => assemble(this, first, rest));
    },
    this.recoverAs(() => this.errorHere()),
  );

  private readonly operand: Rule<Operand> = this.RULE(
    "operand",
    () => {
      const prefixes: (Prefix | undefined)[] = [];
      this.MANY(() => prefixes.push(this.SUBRULE(this.prefix)));
      const start = this.start();
      const value = this.SUBRULE(this.postfix);
      const span = this.spanFrom(start);
      return { prefixes: prefixes.filter(isPresent), value, start: span.start, end: span.end };
    },
    this.recoverAs(() => {
      const value = this.errorHere();
      return { prefixes: [], value, start: value.span.start, end: value.span.end };
    }),
  );

  /** What stands before an operand; how far it reaches is a matter of precedence. */
  private readonly prefix: Rule<Prefix | undefined> = this.RULE("prefix", () => {
    const start = this.start();
    return this.OR<Prefix>([
      {
        ALT: () => {
          this.CONSUME(t.Minus);
          return { kind: "unary", operator: "-", start };
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Not);
          return { kind: "unary", operator: "not", start };
        },
      },
      {
        ALT: () => {
          const { image } = this.CONSUME(t.Reducer);
          const indices = this.SUBRULE(this.indices);
          return { kind: "reduce", reducer: isReducer(image) ? image : "sum", indices, start };
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.If);
          const condition = this.SUBRULE(this.expression);
          this.CONSUME(t.Then);
          const chosen = this.SUBRULE2(this.expression);
          this.CONSUME(t.Else);
          return { kind: "if", condition, chosen, start };
        },
      },
    ]);
  });

  private readonly postfix: Rule<Expression> = this.RULE(
    "postfix",
    () => {
      const start = this.start();
      let value = this.SUBRULE(this.primary);
      this.MANY(() => {
        const suffix = this.OR<Suffix>([
          { ALT: () => ({ kind: "call", arguments: this.SUBRULE(this.arguments) }) },
          { ALT: () => ({ kind: "subscript", subscripts: this.SUBRULE(this.subscripts) }) },
        ]);
        const span = this.spanFrom(start);
        value = this.ACTION(() => this.withSuffix(value, suffix, span));
      });
      return value;
    },
    this.recoverAs(() => this.errorHere()),
  );

  private withSuffix(target: Expression, suffix: Suffix, span: Expression["span"]): Expression {
    if (suffix.kind === "call") {
      return this.grow({ ...suffix, callee: target, span }, target, ...valuesOf(suffix.arguments));
    }
    const at = suffix.subscripts.flatMap((subscript) => (subscript.kind === "at" ? subscript.value : []));
    return this.grow({ ...suffix, target, span }, target, ...at);
  }

  private readonly primary: Rule<Expression> = this.RULE(
    "primary",
    () =>
      this.OR<Expression>({
        DEF: [
          { ALT: () => this.numberOf(this.CONSUME(t.NumberToken)) },
          { ALT: () => ({ kind: "boolean", value: true, span: t.spanOf(this.CONSUME(t.True), this.file) }) },
          {
            ALT: () => ({ kind: "boolean", value: false, span: t.spanOf(this.CONSUME(t.False), this.file) }),
          },
          {
            ALT: () => {
              const { text, span } = this.nameOf(this.CONSUME(t.Name));
              return { kind: "name", name: text, span };
            },
          },
          { ALT: () => this.SUBRULE(this.parenthesised) },
        ],
        ERR_MSG: "an expression",
      }),
    this.recoverAs(() => this.errorHere()),
  );

  /** `(a + b)`, or `(read else other)`: only here does `else` stand without `if`. */
  private readonly parenthesised: Rule<Expression> = this.RULE(
    "parenthesised",
    () => {
      const start = this.start();
      this.CONSUME(t.LeftParenthesis);
      const value = this.SUBRULE(this.expression);
      const otherwise = this.OPTION(() => {
        this.CONSUME(t.Else);
        return this.SUBRULE2(this.expression);
      });
      this.CONSUME(t.RightParenthesis);
      if (otherwise === undefined) return value;
      const span = this.spanFrom(start);
      return this.ACTION(() => this.grow({ kind: "else", read: value, otherwise, span }, value, otherwise));
    },
    this.recoverAs(() => this.errorHere()),
  );

  private infixOf(token: IToken): Infix {
    const operator = isBinaryOperator(token.image) ? token.image : "+";
    return { kind: "infix", operator, span: t.spanOf(token, this.file) };
  }

  private numberOf(token: IToken): Expression {
    const value = Number(token.image);
    const span = t.spanOf(token, this.file);
    if (value === Infinity) this.report("NN1010", span, { text: token.image });
    return { kind: "number", value, integer: /^[0-9]+$/.test(token.image), span };
  }
}
