/** What was expected and what was found, in the words of the language. */
import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";
import { tokenLabel } from "chevrotain";
import * as t from "./tokens.ts";
import { isReducer } from "./words.ts";

/** What the lines of a file are. */
export const anyDeclaration = "a `model`, `fn`, `layer`, `optimizer` or `import`";

/** What the brackets of a rule hold. */
const itemsOf: ReadonlyMap<string, string> = new Map([
  ["arguments", "an argument"],
  ["parameters", "a parameter"],
  ["gradientClause", "a name"],
  ["importedNames", "a name"],
  ["indices", "an index"],
  ["subscripts", "a subscript"],
  ["leftSubscripts", "an index"],
  ["extents", "a size"],
]);

const opening: ReadonlySet<TokenType> = new Set([t.LeftParenthesis, t.LeftBracket, t.LeftBrace]);
const closing: ReadonlySet<TokenType> = new Set([t.RightParenthesis, t.RightBracket, t.RightBrace]);

/** The message of a Chevrotain error is what was expected, as a phrase. */
export const messages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage({ expected, previous, ruleName }) {
    const label = tokenLabel(expected);
    if (ruleName === "parenthesised") return `an operator or ${label}`;
    if (ruleName === "pipeTarget") return "a function or a layer";
    if (ruleName === "patterns") return "a pattern in quotes";
    if (ruleName === "reason") return "`else` and the reason in quotes";
    if (ruleName === "arguments" && expected === t.LeftParenthesis)
      return `${label} and what is different for these parameters`;
    const item = itemsOf.get(ruleName);
    if (item === undefined || !closing.has(expected)) return label;
    return opening.has(previous.tokenType) ? `${item} or ${label}` : `\`,\` or ${label}`;
  },
  buildNotAllInputParsedMessage: () => tokenLabel(t.End),
  buildNoViableAltMessage({ expectedPathsPerAlt, customUserDescription }) {
    return customUserDescription ?? alternatives(expectedPathsPerAlt);
  },
  buildEarlyExitMessage({ expectedIterationPaths, customUserDescription }) {
    return customUserDescription ?? alternatives([expectedIterationPaths]);
  },
};

function alternatives(paths: readonly (readonly TokenType[][])[]): string {
  const labels = [
    ...new Set(paths.flat().flatMap(([first]) => (first === undefined ? [] : tokenLabel(first)))),
  ];
  return labels.length < 2 ? labels.join("") : `${labels.slice(0, -1).join(", ")} or ${labels.at(-1)}`;
}

export function describe(token: IToken): string {
  if (token.tokenType === t.Block) return "`{`";
  if (token.image === "") return "the end of the file";
  if (token.image === "\n") return "the end of the line";
  return `\`${token.image}\``;
}

/** A hint for the mistakes that habits from other languages lead to. */
export function hint(expected: string, found: IToken, previous: IToken | undefined): string | undefined {
  const type = found.tokenType;
  const endsHere = expected === tokenLabel(t.End);
  const gap = previous === undefined ? Infinity : found.startOffset - t.endOf(previous);
  const afterFactor = gap < 2 && [t.NumberToken, t.RightParenthesis].includes(previous?.tokenType ?? t.End);
  if (t.isOperator(type) && endsHere) {
    return `\`|>\` binds loosest: put the pipe in parentheses before \`${found.image}\``;
  }
  if (found.image === "for" && endsHere)
    return 'a group follows its optimizer: `optimizer adam(lr = 1e-3) for "*.b" (lr = 0)`';
  if (type === t.Name && afterFactor && (endsHere || expected.includes(")")))
    return "a product is written with `*`";
  if (found.image === "*" && previous?.image === "*") return "a power is written `^`";
  const habit = habits.find((h) => h.fits(expected, found, previous));
  if (habit) return habit.help;
  if (expected === tokenLabel(t.Tilde)) return "say how the parameter starts: `~ zeros`, `~ normal(0, 0.01)`";
  if (
    expected === tokenLabel(t.Equals) &&
    ([t.LeftParenthesis, t.Pipe].includes(type) || t.isOperator(type))
  ) {
    return "a line of a block defines a name, `y = …`; the value of a body is its `return …`";
  }
  if (declarations.has(type))
    return `\`${found.image}\` stands at the top level of a file, outside all blocks`;
  if (t.reservedWords.has(found.image) && /name|statement|expression/.test(expected)) {
    return `\`${found.image}\` is a word of the language and can't be a name`;
  }
  return undefined;
}

interface Habit {
  readonly fits: (expected: string, found: IToken, previous: IToken | undefined) => boolean;
  readonly help: string;
}

/** Names that a line starts with elsewhere, before what it defines. */
const before =
  (...names: readonly string[]) =>
  (_: string, found: IToken, previous: IToken | undefined): boolean =>
    found.tokenType === t.Name && names.includes(previous?.image ?? "");

const wants = (expected: string, ...types: readonly TokenType[]): boolean =>
  types.some((type) => expected.includes(tokenLabel(type)));

/** What is written elsewhere, and how it is written here. */
const habits: readonly Habit[] = [
  {
    fits: (expected, found) => found.image === "==" && expected === tokenLabel(t.Equals),
    help: "a definition is written `=`",
  },
  {
    fits: (expected, found) => found.tokenType === t.Equals && wants(expected, t.Then, t.RightParenthesis),
    help: "equality is written `==`",
  },
  { fits: before("let", "var", "const", "val"), help: "a definition is just `h = …`" },
  {
    fits: before("def", "function", "func"),
    help: "a function is declared outside all models: `fn f(x) = …`",
  },
  {
    fits: (expected, found) => expected === tokenLabel(t.Equals) && found.tokenType === t.Comma,
    help: "a definition has one name, and what a layer returns is one tensor",
  },
  {
    fits: (expected, found) => expected === "a pattern in quotes" && found.tokenType === t.Name,
    help: 'parameters are named by their paths, in quotes: `"encode.W"`, `"*.b"`',
  },
  {
    fits: (expected, found) =>
      found.tokenType === t.LeftBracket && /^an (expression|argument)/.test(expected),
    help: "there are no lists: `concat(a, b)` takes two tensors, `reshape(x, n, -1)` its extents one by one",
  },
  {
    fits: (_, found) => found.image === "from",
    help: 'an import is written `import { block } from "./block.nn"`',
  },
  {
    fits: (expected, found) => expected === tokenLabel(t.LeftBrace) && found.tokenType === t.StringToken,
    help: 'an import says what it takes: `import { block } from "./block.nn"`',
  },
  {
    fits: (expected, found, previous) =>
      wants(expected, t.RightBracket) && (found.tokenType === t.Colon || previous?.tokenType === t.Colon),
    help: "a lone `:` is the whole dimension; a part of it has an index with a range: `y[i < 10] = x[i]`",
  },
  {
    fits: (_, __, previous) => previous?.tokenType === t.Rest,
    help: "leading dimensions have a name together: `...i`",
  },
  {
    fits: (expected, found, previous) =>
      found.tokenType === t.Name && isReducer(previous?.image ?? "") && expected === tokenLabel(t.End),
    help: "a reducer names its indices, `sum[k] x[k]`, or has parentheses, `sum(x)`",
  },
  {
    fits: (expected) => expected === anyDeclaration,
    help: "what a model is made of stands in it: `model Name { … }`",
  },
  {
    fits: (expected, found, previous) =>
      expected === tokenLabel(t.End) && previous?.tokenType === t.Name && found.tokenType === t.Name,
    help: "a function is applied as `f(x)` or `x |> f`; a product is written with `*`",
  },
  {
    fits: (expected) => [tokenLabel(t.In), tokenLabel(t.Range)].includes(expected),
    help: "a loop is written `for i in 0..n { … }`",
  },
  {
    fits: (expected) => expected === tokenLabel(t.Else),
    help: "an `if` is a value, so it has both: `if c then a else b`",
  },
  {
    fits: (expected) => expected === tokenLabel(t.Colon),
    help: "say its shape, `x: [n, 64]`; a scalar is `x: []`",
  },
];

const declarations: ReadonlySet<TokenType> = new Set([t.Model, t.Fn, t.Layer, t.Import]);
