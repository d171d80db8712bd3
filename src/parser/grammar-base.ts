import type { IToken, ParserMethod, TokenType } from "chevrotain";
import { EmbeddedActionsParser } from "chevrotain";
import type { DiagnosticCode, DiagnosticParameters } from "../ir/diagnostic-table.ts";
import type { Diagnostics } from "../ir/diagnostics.ts";
import type { Span } from "../ir/types.ts";
import { messages } from "./messages.ts";
import type { Assembly, Infix } from "./precedence.ts";
import type { BlockToken, Line } from "./newlines.ts";
import type { Expression, Name, Statement } from "./syntax.ts";
import { End, endOf, spanOf, vocabulary } from "./tokens.ts";

/** Operators, calls and brackets may pile up this high, so that no walk over the tree overflows. */
export const heightLimit = 1000;

export type Rule<Result> = ParserMethod<[], Result>;

/** The body of a block, to be read after the line that holds it. */
export interface Pending {
  readonly lines: readonly Line[];
  readonly into: Statement[];
}

/** What every rule needs: spans, names, blocks, the limit on height. */
export class GrammarBase extends EmbeddedActionsParser implements Assembly {
  file = "";
  private diagnostics: Diagnostics | undefined;
  private readonly reported = new Set<DiagnosticCode>();
  private pending: Pending[] = [];
  private readonly heights = new Map<Expression, number>();

  constructor(skipValidations: boolean) {
    super(vocabulary, {
      recoveryEnabled: true,
      maxLookahead: 2,
      errorMessageProvider: messages,
      skipValidations,
    });
  }

  /** Makes the parser ready for the lines of one file. */
  begin(file: string, diagnostics: Diagnostics): void {
    this.file = file;
    this.diagnostics = diagnostics;
    this.pending = [];
  }

  /** Makes the parser ready for the next line. */
  beginLine(line: Line): void {
    this.input = [...line.tokens];
    this.reported.clear();
    this.heights.clear();
  }

  /** The blocks met since the last call. */
  takePending(): readonly Pending[] {
    const { pending } = this;
    this.pending = [];
    return pending;
  }

  // A mistake ends the construct it is in: reading goes on at a token that may follow it. Chevrotain's other ways
  // (inserting or deleting a token, restarting a repetition) guess, and recurse once for every mistake of a list.
  protected override canTokenTypeBeInsertedInRecovery(): boolean {
    return false;
  }
  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    return false;
  }
  protected readonly attemptInRepetitionRecovery = (): void => {};
  protected readonly getFollowsForInRuleRecovery = (): TokenType[] => [];

  /** Where the next token starts. */
  protected start(): number {
    return this.LA(1).startOffset;
  }

  /** From `start` to the last token read; behind that token if none was read since. */
  protected spanFrom(start: number): Span {
    const end = endOf(this.LA(0));
    return { file: this.file, start: Math.min(start, end), end };
  }

  protected nameOf(token: IToken): Name {
    return { text: token.image.normalize("NFC"), span: spanOf(token, this.file) };
  }

  protected bodyOf(token: IToken): Statement[] {
    const into: Statement[] = [];
    this.ACTION(() => this.pending.push({ lines: (token as BlockToken).lines, into }));
    return into;
  }

  /** Reports a mistake, the first of its kind in a line only. */
  protected report<C extends DiagnosticCode>(code: C, span: Span, parameters: DiagnosticParameters<C>): void {
    this.ACTION(() => {
      if (this.reported.has(code)) return;
      this.reported.add(code);
      this.diagnostics?.report(code, span, parameters);
    });
  }

  grow(node: Expression, ...children: readonly (Expression | undefined)[]): Expression {
    let height = 0;
    for (const child of children)
      if (child !== undefined) height = Math.max(height, this.heights.get(child) ?? 0);
    if (height >= heightLimit) {
      this.report("NN1008", node.span, { limit: heightLimit });
      return this.error(node.span);
    }
    this.heights.set(node, height + 1);
    return node;
  }

  protected error(span: Span): Expression {
    return { kind: "error", span };
  }

  chained(operator: Infix, earlier: Infix): void {
    this.report("NN1009", operator.span, { first: earlier.operator, second: operator.operator });
  }

  /** Stands for what could not be read, behind the last token. */
  protected errorHere(): Expression {
    return this.error(this.spanFrom(Infinity));
  }

  /** What a rule gives when its text could not be read. */
  protected recoverAs<Result>(value: () => Result): { recoveryValueFunc: () => Result } {
    return { recoveryValueFunc: value };
  }

  /** Lets a rule go on at the end of the line after a mistake; what is left over is reported by the parser. */
  protected endOfLine(): void {
    this.OPTION9(() => this.CONSUME9(End));
  }
}
