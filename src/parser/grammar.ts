/** The grammar of the language. It knows no operation, layer or optimizer by name. */
import { StatementGrammar } from "./grammar-statements.ts";
import type { Rule } from "./grammar-base.ts";
import { anyDeclaration } from "./messages.ts";
import type {
  Declaration,
  Expression,
  FunctionDeclaration,
  ImportDeclaration,
  LayerDeclaration,
  ModelDeclaration,
  Name,
  OptimizerDeclaration,
  Parameter,
  Statement,
  TypeSyntax,
} from "./syntax.ts";
import * as t from "./tokens.ts";

type GradientClause = NonNullable<FunctionDeclaration["gradient"]>;

type Signature = Pick<LayerDeclaration, "sizes" | "parameters" | "result">;

export class Grammar extends StatementGrammar {
  readonly declaration: Rule<Declaration | ImportDeclaration | undefined> = this.RULE("declaration", () =>
    this.OR<Declaration | ImportDeclaration>({
      DEF: [
        { ALT: () => this.SUBRULE(this.import) },
        { ALT: () => this.SUBRULE(this.model) },
        { ALT: () => this.SUBRULE(this.function) },
        { ALT: () => this.SUBRULE(this.layer) },
        { ALT: () => this.SUBRULE(this.optimizer) },
      ],
      ERR_MSG: anyDeclaration,
    }),
  );

  private readonly import: Rule<ImportDeclaration> = this.RULE("import", (): ImportDeclaration => {
    const start = this.start();
    this.CONSUME(t.Import);
    const names = this.SUBRULE(this.importedNames);
    this.CONSUME(t.From);
    const token = this.CONSUME(t.StringToken);
    const span = this.spanFrom(start);
    this.endOfLine();
    const from = { text: token.image.replace(/^"|"$/g, ""), span: t.spanOf(token, this.file) };
    return { kind: "import", names, from, span };
  });

  private readonly importedNames: Rule<{ name: Name; as: Name }[]> = this.RULE(
    "importedNames",
    () => {
      const names: { name: Name; as: Name }[] = [];
      this.CONSUME(t.LeftBrace);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => {
          const name = this.nameOf(this.CONSUME(t.Name));
          const as = this.OPTION(() => {
            this.CONSUME(t.As);
            return this.nameOf(this.CONSUME2(t.Name));
          });
          names.push({ name, as: as ?? name });
        },
        ERR_MSG: "a name",
      });
      this.CONSUME(t.RightBrace);
      return names;
    },
    this.recoverAs(() => []),
  );

  private readonly model: Rule<ModelDeclaration> = this.RULE("model", (): ModelDeclaration => {
    const start = this.start();
    this.CONSUME(t.Model);
    const name = this.nameOf(this.CONSUME(t.Name));
    let sizes: Parameter[] = [];
    this.OPTION(() => (sizes = this.SUBRULE(this.parameters)));
    const body = this.bodyOf(this.CONSUME(t.Block));
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "model", name, sizes, body, span };
  });

  private readonly function: Rule<FunctionDeclaration> = this.RULE("function", (): FunctionDeclaration => {
    const start = this.start();
    this.CONSUME(t.Fn);
    const name = this.nameOf(this.CONSUME(t.Name));
    const parameters = this.SUBRULE(this.parameters);
    const result = this.OPTION(() => this.SUBRULE(this.resultType));
    const body = this.OR<Statement[]>({
      DEF: [
        {
          ALT: () => {
            const value: Expression = this.SUBRULE(this.value);
            return this.ACTION(() => [{ kind: "return", value, span: value.span }]);
          },
        },
        { ALT: () => this.bodyOf(this.CONSUME(t.Block)) },
      ],
      ERR_MSG: "`=` or `{`",
    });
    const gradient = this.OPTION2(() => this.SUBRULE(this.gradientClause));
    const span = this.spanFrom(start);
    this.endOfLine();
    return {
      kind: "function",
      name,
      parameters,
      ...(result && { result }),
      body,
      ...(gradient && { gradient }),
      span,
    };
  });

  private readonly gradientClause: Rule<GradientClause | undefined> = this.RULE(
    "gradientClause",
    (): GradientClause | undefined => {
      const start = this.start();
      this.CONSUME(t.With);
      this.CONSUME(t.Gradient);
      this.CONSUME(t.LeftParenthesis);
      const parameters: Name[] = [];
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => parameters.push(this.nameOf(this.CONSUME(t.Name))),
        ERR_MSG: "a name",
      });
      this.CONSUME(t.RightParenthesis);
      const value = this.SUBRULE(this.value);
      return { parameters, value, span: this.spanFrom(start) };
    },
  );

  private readonly layer: Rule<LayerDeclaration> = this.RULE("layer", (): LayerDeclaration => {
    const start = this.start();
    this.CONSUME(t.Layer);
    const name = this.nameOf(this.CONSUME(t.Name));
    const signature = this.SUBRULE(this.signature);
    const body = this.bodyOf(this.CONSUME(t.Block));
    const span = this.spanFrom(start);
    this.endOfLine();
    return { kind: "layer", name, ...signature, body, span };
  });

  /** Sizes and parameters; a layer without sizes may leave the first list out. */
  private readonly signature: Rule<Signature> = this.RULE(
    "signature",
    (): Signature => {
      let sizes: Parameter[] = [];
      let parameters = this.SUBRULE(this.parameters);
      this.OPTION(() => {
        sizes = parameters;
        parameters = this.SUBRULE2(this.parameters);
      });
      const result = this.OPTION2(() => this.SUBRULE(this.resultType));
      return { sizes, parameters, ...(result && { result }) };
    },
    this.recoverAs(() => ({ sizes: [], parameters: [] })),
  );

  private readonly optimizer: Rule<OptimizerDeclaration> = this.RULE(
    "optimizer",
    (): OptimizerDeclaration => {
      const start = this.start();
      this.CONSUME(t.Optimizer);
      const name = this.nameOf(this.CONSUME(t.Name));
      let parameters: Parameter[] = [];
      this.OPTION(() => (parameters = this.SUBRULE(this.parameters)));
      const body = this.bodyOf(this.CONSUME(t.Block));
      const span = this.spanFrom(start);
      this.endOfLine();
      return { kind: "optimizer", name, parameters, body, span };
    },
  );

  private readonly parameters: Rule<Parameter[]> = this.RULE(
    "parameters",
    () => {
      const found: (Parameter | undefined)[] = [];
      this.CONSUME(t.LeftParenthesis);
      this.MANY_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.parameter)) });
      this.CONSUME(t.RightParenthesis);
      return found.filter((parameter) => parameter !== undefined);
    },
    this.recoverAs(() => []),
  );

  private readonly parameter: Rule<Parameter | undefined> = this.RULE(
    "parameter",
    (): Parameter | undefined => {
      const start = this.start();
      const name = this.nameOf(this.CONSUME(t.Name));
      const type = this.OPTION(() => this.SUBRULE(this.typing));
      const value = this.OPTION2(() => this.SUBRULE(this.value));
      return { name, ...(type && { type }), ...(value && { default: value }), span: this.spanFrom(start) };
    },
  );

  private readonly resultType: Rule<TypeSyntax> = this.RULE("resultType", (): TypeSyntax => {
    this.CONSUME(t.Arrow);
    return this.SUBRULE(this.type);
  });

  constructor(skipValidations = true) {
    super(skipValidations);
    this.performSelfAnalysis();
  }
}
