import type { IToken, ParserMethod } from "chevrotain";
import { EmbeddedActionsParser } from "chevrotain";
import type { DiagnosticCode, DiagnosticParameters } from "../ir/diagnostic-table.ts";
import type { Diagnostics } from "../ir/diagnostics.ts";
import type { Span } from "../ir/types.ts";
import { messages } from "./messages.ts";
import type { BlockToken, Line } from "./newlines.ts";
import type { Expression, Name, Statement } from "./syntax.ts";
import { endOf, spanOf, vocabulary } from "./tokens.ts";

/** Operators, calls and brackets may pile up this high, so that no walk over the tree overflows. */
export const heightLimit = 1000;

export type Rule<Result> = ParserMethod<[], Result>;

/** The body of a block, to be read after the line that holds it. */
export interface Pending {
  readonly lines: readonly Line[];
  readonly into: Statement[];
}

/** What every rule needs: spans, names, blocks, the limit on height. */
export class GrammarBase extends EmbeddedActionsParser {
  file = "";
  private diagnostics: Diagnostics | undefined;
  private pending: Pending[] = [];
  private heights = new WeakMap<Expression, number>();

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
    this.heights = new WeakMap();
    this.pending = [];
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
  protected shouldInRepetitionRecoveryBeTried(): boolean {
    return false;
  }

  /** Where the next token starts. */
  protected start(): number {
    return this.LA(1).startOffset;
  }

  /** From `start` to the last token read. */
  protected spanFrom(start: number): Span {
    return { file: this.file, start, end: Math.max(start, endOf(this.LA(0))) };
  }

  protected nameOf(token: IToken): Name {
    return { text: token.image.normalize("NFC"), span: spanOf(token, this.file) };
  }

  protected bodyOf(token: IToken): Statement[] {
    const into: Statement[] = [];
    this.ACTION(() => this.pending.push({ lines: (token as BlockToken).lines, into }));
    return into;
  }

  protected report<C extends DiagnosticCode>(
    code: C,
    span: Span,
    parameters: DiagnosticParameters<C>,
    help?: string,
  ): void {
    this.ACTION(() => this.diagnostics?.report(code, span, parameters, { help }));
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
}
