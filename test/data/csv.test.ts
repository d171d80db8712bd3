import { describe, expect, test } from "vitest";
import { readCsv } from "../../src/data/csv.ts";

const column = (text: string, name: string) => readCsv(text, "t.csv").get(name)!;

describe("a table", () => {
  test("is columns of numbers under their names", () => {
    const table = readCsv("a,b\n1,-2.5\n3,4e2\n", "t.csv");
    expect([...table.keys()]).toEqual(["a", "b"]);
    expect([...table.get("a")!.values]).toEqual([1, 3]);
    expect([...table.get("b")!.values]).toEqual([-2.5, 400]);
  });

  test("may lack a line of names, end without a line feed, and have carriage returns, spaces and empty lines", () => {
    const table = readCsv("\ufeff1 , 2\r\n\r\n 3,4", "t.csv");
    expect([...table.keys()]).toEqual(["1", "2"]);
    expect([...table.get("2")!.values]).toEqual([2, 4]);
  });

  test.each(["a;b\n1,5;2\n", "a\tb\n1,5\t2\n"])("is read with other delimiters: %j", (text) => {
    expect([...column(text, "b").values]).toEqual([2]);
    expect(column(text, "a").text(0)).toBe("1,5");
  });

  test("quotes hold delimiters, line feeds and quotes", () => {
    const names = column('name,n\n"Ann, ""the"" first",1\n"two\nlines",2\n', "name").texts();
    expect(names.names).toEqual(['Ann, "the" first', "two\nlines"]);
  });

  test("tells texts, numbers and nothing apart", () => {
    const sex = column("sex,x\nmale,1\n,2\nNA,3\nfemale,NaN\nmale,5\n", "sex");
    expect([...sex.texts().ids]).toEqual([0, -1, -1, 1, 0]);
    expect(sex.textCount).toBe(3);
    expect(column("sex,x\nmale,1\nmale,NaN\n", "x").textCount).toBe(0);
  });

  test("keeps large whole numbers exactly", () => {
    expect([...column("a\n1\n16777217\n0.1\n", "a").values]).toEqual([1, 16777217, 0.1]);
  });

  test("grows beyond its first block", () => {
    const text = `a,b\n${Array.from({ length: 3000 }, (_, i) => `${i},${2 * i}`).join("\n")}\n`;
    expect(column(text, "b").values[2999]).toBe(5998);
    expect(column(text, "b").values).toHaveLength(3000);
  });

  test("knows the line and column of every field", () => {
    const x = column('name,x\n"two\nlines",7\nb,  8\n', "x");
    expect([x.place(0), x.place(1)]).toEqual(["t.csv:3:8", "t.csv:4:5"]);
  });
});

test.each([
  ["a,b\n1,2\n3\n", "t.csv:3: 1 field, but the first line has 2"],
  ["a,b\n1,2,3\n", "t.csv:2: 3 fields, but the first line has 2"],
  ["a,a\n1,2\n", "t.csv:1: two columns are called `a`"],
  ['a\n"open\n', "t.csv:2:1: this quote is never closed"],
  ['a\n"x" y\n', "t.csv:2:5: text behind a closing quote"],
  ["", "t.csv: the file is empty"],
  ["a,b\n", "t.csv: no line of data"],
])("%j is refused", (text, message) => {
  expect(() => readCsv(text, "t.csv")).toThrow(message);
});
