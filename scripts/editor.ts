/**
 * Writes the TextMate grammar of `editors/vscode` from the vocabulary of the parser. Run with `npx unrun scripts/editor.ts`;
 * a test says when that is due.
 */
import { writeFileSync } from "node:fs";
import { grammarText } from "./editor/grammar.ts";

writeFileSync(new URL("../editors/vscode/syntaxes/nn.tmLanguage.json", import.meta.url), grammarText());
