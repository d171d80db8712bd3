/** Files of the library are read when one of their names is used; which names they have is known before. */
import { expect, test } from "vitest";
import { declarationsOf, readLibrary } from "../../scripts/library/documentation.ts";
import { check } from "../../src/index.ts";
import { declaredNames } from "../../src/parser/elaborate/files.ts";
import { library } from "../../src/std/index.ts";

test("every file of the folder is part of the library", () => {
  expect(library.toSorted((a, b) => (a.file < b.file ? -1 : 1))).toEqual(readLibrary());
});

test.each(library)("the names of $file are those that the parser finds", (source) => {
  expect(declaredNames(source.text)).toEqual(declarationsOf([source]).map((d) => d.name));
});

test("no name is declared twice", () => {
  const names = library.flatMap((l) => declaredNames(l.text));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

const model = (definition: string): string => `model M { input x: [3]; output y = ${definition} }`;

test("only the files that a model uses are read", () => {
  const { diagnostics, sources } = check(model("relu(x)"));
  expect(diagnostics).toEqual([]);
  expect([...sources.files()]).toEqual(["model.nn", "std/activations.nn"]);
});

test("a misspelled name finds one in a file that is not read", () => {
  const [mistake] = check(model("softmx(x)")).diagnostics;
  expect(mistake).toMatchObject({ code: "NN2001", help: "did you mean `softmax`?" });
});

test("a library name that is shadowed leaves its file unread", () => {
  const source = `fn relu(x) = x\n${model("relu(x)")}`;
  expect([...check(source).sources.files()]).toEqual(["model.nn"]);
});
