import type { IToken } from "chevrotain";
import type { Rule } from "./grammar-base.ts";
import { ExpressionGrammar } from "./grammar-expressions.ts";
import type { Expression, ExtentSyntax, LeftSubscript, PackSyntax, TypeSyntax } from "./syntax.ts";
import * as t from "./tokens.ts";

const elements: ReadonlyMap<string, TypeSyntax["element"]> = new Map([
  ["float", "float"],
  ["int", "int"],
  ["bool", "bool"],
  ["distribution", "distribution"],
]);

/** Left of `=`: a name with subscripts or a type. */
export interface Left {
  readonly subscripts?: LeftSubscript[];
  readonly type?: TypeSyntax;
}

/** What stands left of `=`: subscripts and types; and the value right of it. */
export class LeftGrammar extends ExpressionGrammar {
  protected readonly left: Rule<Left> = this.RULE("left", () =>
    this.OR<Left>([
      { ALT: () => ({ subscripts: this.SUBRULE(this.leftSubscripts) }) },
      { ALT: () => ({ type: this.SUBRULE(this.typing) }) },
    ]),
  );

  protected readonly value: Rule<Expression> = this.RULE(
    "value",
    (): Expression => {
      this.CONSUME(t.Equals);
      return this.SUBRULE(this.expression);
    },
    this.recoverAs(() => this.errorHere()),
  );

  protected readonly leftSubscripts: Rule<LeftSubscript[]> = this.RULE(
    "leftSubscripts",
    () => {
      const found: LeftSubscript[] = [];
      this.CONSUME(t.LeftBracket);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.leftSubscript)) });
      this.CONSUME(t.RightBracket);
      return found;
    },
    this.recoverAs(() => []),
  );

  /** Any number of dimensions, or as many as the parentheses say. */
  private readonly pack: Rule<PackSyntax> = this.RULE("pack", (): PackSyntax => {
    const start = this.start();
    this.CONSUME(t.Rest);
    const name = this.nameOf(this.CONSUME(t.Name));
    const count = this.OPTION(() => this.SUBRULE(this.count));
    return { kind: "rest", name, ...(count && { count }), span: this.spanFrom(start) };
  });

  private readonly count: Rule<Expression> = this.RULE(
    "count",
    (): Expression => {
      this.CONSUME(t.LeftParenthesis);
      const value = this.SUBRULE(this.expression);
      this.CONSUME(t.RightParenthesis);
      return value;
    },
    this.recoverAs(() => this.errorHere()),
  );

  private readonly leftSubscript: Rule<LeftSubscript> = this.RULE(
    "leftSubscript",
    (): LeftSubscript => {
      const start = this.start();
      return this.OR<LeftSubscript>({
        DEF: [
          { ALT: () => this.SUBRULE(this.pack) },
          {
            ALT: () => {
              const value = this.SUBRULE(this.expression);
              const span = this.spanFrom(start);
              return this.ACTION(() => leftSubscriptOf(value, span));
            },
          },
        ],
        ERR_MSG: "an index",
      });
    },
    this.recoverAs(() => {
      const value = this.errorHere();
      return { kind: "place", value, span: value.span };
    }),
  );

  // --------------------------------------------------------------------------------------------------------- types

  protected readonly typing: Rule<TypeSyntax> = this.RULE(
    "typing",
    (): TypeSyntax => {
      this.CONSUME(t.Colon);
      return this.SUBRULE(this.type);
    },
    this.recoverAs(() => this.unreadType()),
  );

  protected readonly type: Rule<TypeSyntax> = this.RULE(
    "type",
    (): TypeSyntax => {
      const start = this.start();
      let element: TypeSyntax["element"] = "float";
      let extents: ExtentSyntax[] | undefined;
      this.OR({
        DEF: [
          { ALT: () => (extents = this.SUBRULE(this.extents)) },
          {
            ALT: () => {
              element = this.elementOf(this.CONSUME(t.Name));
              this.OPTION(() => (extents = this.SUBRULE2(this.extents)));
            },
          },
        ],
        ERR_MSG: "a type such as `[batch, 64]`",
      });
      const below = this.OPTION2(() => {
        this.CONSUME(t.Less);
        return this.SUBRULE(this.expression);
      });
      return {
        kind: "type",
        element,
        ...(extents && { extents }),
        ...(below && { below }),
        span: this.spanFrom(start),
      };
    },
    this.recoverAs(() => this.unreadType()),
  );

  private readonly extents: Rule<ExtentSyntax[]> = this.RULE(
    "extents",
    () => {
      const found: ExtentSyntax[] = [];
      this.CONSUME(t.LeftBracket);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.extent)) });
      this.CONSUME(t.RightBracket);
      return found;
    },
    this.recoverAs(() => []),
  );

  private readonly extent: Rule<ExtentSyntax> = this.RULE(
    "extent",
    (): ExtentSyntax => {
      const start = this.start();
      return this.OR<ExtentSyntax>({
        DEF: [
          { ALT: () => this.SUBRULE(this.pack) },
          {
            ALT: () => {
              const value = this.SUBRULE(this.expression);
              return { kind: "extent", value, span: this.spanFrom(start) };
            },
          },
        ],
        ERR_MSG: "a size",
      });
    },
    this.recoverAs(() => {
      const value = this.errorHere();
      return { kind: "extent", value, span: value.span };
    }),
  );

  private elementOf(token: IToken): TypeSyntax["element"] {
    const element = elements.get(token.image);
    if (element === undefined) this.report("NN1011", t.spanOf(token, this.file), { name: token.image });
    return element ?? "float";
  }

  private unreadType(): TypeSyntax {
    const value = this.errorHere();
    const { span } = value;
    return { kind: "type", element: "float", extents: [{ kind: "extent", value, span }], span };
  }
}

/** `b` and `b < 3` are indices, or turn out to be sizes when names are resolved; all else is a place. */
function leftSubscriptOf(value: Expression, span: LeftSubscript["span"]): LeftSubscript {
  if (value.kind === "name") return { kind: "index", name: { text: value.name, span: value.span }, span };
  if (value.kind === "binary" && value.operator === "<" && value.left.kind === "name") {
    const name = { text: value.left.name, span: value.left.span };
    return { kind: "index", name, below: value.right, span };
  }
  return { kind: "place", value, span };
}
