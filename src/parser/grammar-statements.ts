import { isPresent } from "./grammar-arguments.ts";
import type { Left } from "./grammar-left.ts";
import { LeftGrammar } from "./grammar-left.ts";
import type { Rule } from "./grammar-base.ts";
import type {
  Argument,
  Definition,
  DimStatement,
  Expression,
  ForStatement,
  FreezeStatement,
  GroupSyntax,
  InputStatement,
  LossStatement,
  OptimizerStatement,
  ParamStatement,
  PatternSyntax,
  RequireStatement,
  ReturnStatement,
  StateStatement,
  Statement,
  TypeStatement,
  UpdateStatement,
} from "./syntax.ts";
import * as t from "./tokens.ts";

/**
 * The lines of a block. Every rule ends where an `End` may follow, so that a mistake in its last part ends at the end
 * of the line and what was read before it is kept.
 */
export class StatementGrammar extends LeftGrammar {
  readonly statement: Rule<Statement | undefined> = this.RULE("statement", () =>
    this.OR<Statement>({
      DEF: [
        { ALT: () => this.SUBRULE(this.dimension) },
        { ALT: () => this.SUBRULE(this.inputStatement) },
        { ALT: () => this.SUBRULE(this.param) },
        { ALT: () => this.SUBRULE(this.state) },
        { ALT: () => this.SUBRULE(this.update) },
        { ALT: () => this.SUBRULE(this.loss) },
        { ALT: () => this.SUBRULE(this.optimizerStatement) },
        { ALT: () => this.SUBRULE(this.freeze) },
        { ALT: () => this.SUBRULE(this.repetition) },
        { ALT: () => this.SUBRULE(this.requirement) },
        { ALT: () => this.SUBRULE(this.result) },
        { ALT: () => this.SUBRULE(this.output) },
        { ALT: () => this.SUBRULE(this.definition) },
      ],
      ERR_MSG: "a statement",
    }),
  );

  private readonly dimension: Rule<DimStatement> = this.RULE("dimension", (): DimStatement => {
    const start = this.start();
    this.CONSUME(t.Dim);
    const name = this.nameOf(this.CONSUME(t.Name));
    const extent = this.SUBRULE(this.extentOfDimension);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "dim", name, ...extent, span };
  });

  private readonly extentOfDimension: Rule<Pick<DimStatement, "relation" | "value">> = this.RULE(
    "extentOfDimension",
    () => {
      const relation = this.OR<DimStatement["relation"]>({
        DEF: [{ ALT: () => (this.CONSUME(t.Equals), "=") }, { ALT: () => (this.CONSUME(t.LessEqual), "<=") }],
        ERR_MSG: "`=` or `<=`",
      });
      return { relation, value: this.SUBRULE(this.expression) };
    },
    this.recoverAs(() => ({ relation: "=" as const, value: this.errorHere() })),
  );

  private readonly inputStatement: Rule<InputStatement> = this.RULE("inputStatement", (): InputStatement => {
    const start = this.start();
    this.CONSUME(t.Input);
    const name = this.nameOf(this.CONSUME(t.Name));
    const type = this.SUBRULE(this.typing);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "input", name, type, span };
  });

  private readonly param: Rule<ParamStatement> = this.RULE("param", (): ParamStatement => {
    const start = this.start();
    this.CONSUME(t.Param);
    const name = this.nameOf(this.CONSUME(t.Name));
    const type = this.SUBRULE(this.typing);
    const initialiser = this.SUBRULE(this.initialiser);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "param", name, type, initialiser, span };
  });

  private readonly initialiser: Rule<Expression> = this.RULE(
    "initialiser",
    () => {
      this.CONSUME(t.Tilde);
      return this.SUBRULE(this.expression);
    },
    this.recoverAs(() => this.errorHere()),
  );

  private readonly state: Rule<StateStatement> = this.RULE("state", (): StateStatement => {
    const start = this.start();
    this.CONSUME(t.State);
    const name = this.nameOf(this.CONSUME(t.Name));
    const type = this.OPTION(() => this.SUBRULE(this.typing));
    const value = this.SUBRULE(this.value);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "state", name, ...(type && { type }), value, span };
  });

  private readonly update: Rule<UpdateStatement> = this.RULE("update", (): UpdateStatement => {
    const start = this.start();
    this.CONSUME(t.Update);
    const name = this.nameOf(this.CONSUME(t.Name));
    const subscripts = this.OPTION(() => this.SUBRULE(this.leftSubscripts));
    const value = this.SUBRULE(this.value);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "update", name, ...(subscripts && { subscripts }), value, span };
  });

  private readonly loss: Rule<LossStatement> = this.RULE("loss", (): LossStatement => {
    const start = this.start();
    this.CONSUME(t.Loss);
    const value = this.SUBRULE(this.expression);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "loss", value, span };
  });

  private readonly optimizerStatement: Rule<OptimizerStatement> = this.RULE(
    "optimizerStatement",
    (): OptimizerStatement => {
      const start = this.start();
      this.CONSUME(t.Optimizer);
      const name = this.nameOf(this.CONSUME(t.Name));
      let given: readonly Argument[] = [];
      this.OPTION(() => (given = this.SUBRULE(this.arguments)));
      const groups: GroupSyntax[] = [];
      this.MANY(() => groups.push(this.SUBRULE(this.group)));
      const span = this.spanFrom(start);
      this.endOfLine();
      return { kind: "optimizer", name, arguments: given, groups: groups.filter(isPresent), span };
    },
  );

  private readonly group: Rule<GroupSyntax> = this.RULE("group", (): GroupSyntax => {
    const start = this.start();
    this.CONSUME(t.For);
    const patterns = this.SUBRULE(this.patterns);
    const given = this.SUBRULE(this.arguments);
    return { patterns, arguments: given, span: this.spanFrom(start) };
  });

  private readonly patterns: Rule<PatternSyntax[]> = this.RULE(
    "patterns",
    () => {
      const found: PatternSyntax[] = [];
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          const token = this.CONSUME(t.StringToken);
          found.push({ text: token.image.replace(/^"|"$/g, ""), span: t.spanOf(token, this.file) });
        },
        ERR_MSG: "a pattern in quotes",
      });
      return found;
    },
    this.recoverAs(() => []),
  );

  private readonly freeze: Rule<FreezeStatement> = this.RULE("freeze", (): FreezeStatement => {
    const start = this.start();
    this.CONSUME(t.Freeze);
    const patterns = this.SUBRULE(this.patterns);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "freeze", patterns, span };
  });

  private readonly repetition: Rule<ForStatement> = this.RULE("repetition", (): ForStatement => {
    const start = this.start();
    this.CONSUME(t.For);
    const variable = this.nameOf(this.CONSUME(t.Name));
    const range = this.SUBRULE(this.range);
    const body = this.bodyOf(this.CONSUME(t.Block));
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "for", variable, ...range, body, span };
  });

  private readonly range: Rule<Pick<ForStatement, "from" | "to">> = this.RULE(
    "range",
    () => {
      this.CONSUME(t.In);
      const from = this.SUBRULE(this.expression);
      this.CONSUME(t.Range);
      return { from, to: this.SUBRULE2(this.expression) };
    },
    this.recoverAs(() => ({ from: this.errorHere(), to: this.errorHere() })),
  );

  private readonly requirement: Rule<RequireStatement> = this.RULE("requirement", (): RequireStatement => {
    const start = this.start();
    this.CONSUME(t.Require);
    const condition = this.SUBRULE(this.expression);
    const reason = this.SUBRULE(this.reason);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "require", condition, reason, span };
  });

  private readonly reason: Rule<string> = this.RULE(
    "reason",
    (): string => {
      this.CONSUME(t.Else);
      return this.CONSUME(t.StringToken).image.replace(/^"|"$/g, "");
    },
    this.recoverAs(() => ""),
  );

  private readonly result: Rule<ReturnStatement> = this.RULE("result", (): ReturnStatement => {
    const start = this.start();
    this.CONSUME(t.Return);
    const value = this.SUBRULE(this.expression);
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "return", value, span };
  });

  /** `output h` alone makes an existing definition an output. */
  private readonly output: Rule<Definition> = this.RULE("output", (): Definition => {
    const start = this.start();
    const as = this.OR<NonNullable<Definition["as"]>>([
      { ALT: () => (this.CONSUME(t.Output), "output") },
      { ALT: () => (this.CONSUME(t.Metric), "metric") },
    ]);
    const name = this.nameOf(this.CONSUME(t.Name));
    const left = this.OPTION(() => this.SUBRULE(this.left));
    const value = this.OPTION2(() => this.SUBRULE(this.value));
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "definition", as, name, ...left, ...(value && { value }), span };
  });

  private readonly definition: Rule<Definition | TypeStatement> = this.RULE(
    "definition",
    (): Definition | TypeStatement => {
      const start = this.start();
      const name = this.nameOf(this.CONSUME(t.Name));
      let left: Left = {};
      let value: Expression | undefined;
      this.OR({
        DEF: [
          { ALT: () => (value = this.SUBRULE(this.value)) },
          {
            ALT: () => {
              left = { subscripts: this.SUBRULE(this.leftSubscripts) };
              value = this.SUBRULE2(this.value);
            },
          },
          {
            ALT: () => {
              left = { type: this.SUBRULE(this.typing) };
              value = this.OPTION(() => this.SUBRULE3(this.value));
            },
          },
        ],
        ERR_MSG: "`=`",
      });
      const span = this.spanFrom(start);
      this.endOfLine();
      if (value === undefined && left.type !== undefined)
        return { kind: "typed", name, type: left.type, span };
      return { kind: "definition", name, ...left, ...(value && { value }), span };
    },
  );
}
