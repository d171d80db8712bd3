/** Every claim of the fine print of the language, and what happens where it is not kept. */
import { describe, expect, test } from "vitest";
import { check } from "../../src/index.ts";
import { close, model, numbers } from "../support/model.ts";

type Options = Parameters<typeof model>[1];

/** The output `y` of a model body over x = 1 … 6 as [2, 3] and i = 2, 0. */
function y(body: string, options: Options & { before?: string } = {}): number[] {
  const source = `${options.before ?? ""}\nmodel M {\ninput x: [2, 3]\ninput i: int[2] < 3\n${body}\noutput y\n}`;
  return model(source, options).forward({ x: [1, 2, 3, 4, 5, 6], i: [2, 0] }).y!;
}

/** The codes of what is wrong with a model body. */
function codes(body: string, before = ""): string[] {
  const source = `${before}\nmodel M {\ndim batch <= 8\ninput x: [2, 3]\ninput i: int[2] < 3\n${body}\n}`;
  return check(source).diagnostics.map((d) => d.code);
}

const names = (source: string, options?: Options): string[] =>
  model(source, options).program.parameters.map((p) => p.name);

describe("names and order", () => {
  test("declarations come in any order", () => {
    const source = "model M {\n input x: [2]\n output y = twice(x)\n}\nfn twice(x) = two() * x\nfn two() = 2";
    close(model(source).forward({ x: [1, 2] }).y!, [2, 4]);
  });
  test("functions and definitions have names of their own kinds", () => {
    close(y("relu = relu(x - 3)\nmax = max(relu)\ny = max(relu, max) + sum(relu)"), [9, 9, 9, 9, 9, 9]);
    close(y("linear[linear < 2] = linear\ny = linear"), [0, 1]);
  });
  test("param and state may stand in a model; their path is their bare name", () => {
    const m = model("model M {\n param w: [2] ~ ones\n state s: [2] = 3\n output y = w * s\n}");
    expect([...m.program.parameters, ...m.program.states].map((t) => t.name)).toEqual(["w", "s"]);
    close(m.forward().y!, [3, 3]);
  });
  test("after a pipe, a function or an instance needs no parentheses, a layer has them", () => {
    expect(codes("f = linear(2)\noutput y = x |> f |> relu\noutput z = x |> layer_norm()")).toEqual([]);
    expect(codes("output y = x |> layer_norm")).toEqual(["NN2011"]);
  });
  test("what is imported sees its neighbours; who imports it does not", () => {
    const imports = { "./b.nn": "fn two(x) = hidden(x) * 2\nfn hidden(x) = x + 1" };
    const of = (name: string): string =>
      `import { two as double } from "./b.nn"\nmodel M {\n input x: [1]\n output y = ${name}(x)\n}`;
    close(model(of("double"), { imports }).forward({ x: [3] }).y!, [8]);
    expect(() => model(of("hidden"), { imports })).toThrow("`hidden` is not defined");
  });
  test("files may import one another in a circle", () => {
    const imports = {
      "./a.nn": 'import { b } from "./b.nn"\nfn a(x, n) = if n == 0 then x else b(x, n)',
      "./b.nn": 'import { a } from "./a.nn"\nfn b(x, n: int) = 2 * a(x, n - 1)',
    };
    const source = 'import { a } from "./a.nn"\nmodel M {\n output y = a(1, 3)\n}';
    close(model(source, { imports }).forward().y!, [8]);
  });
  test("a use before the definition says so", () => {
    expect(codes("output y = z\nz = x")).toEqual(["NN2035"]);
    expect(codes("y[k] = x[0, k] + (y[k - 1] else 0)")).toEqual(["NN2035"]);
    expect(codes("for k in 0..2 { t = x }\noutput y = t")).toEqual(["NN2035"]);
  });
  test("an index is named once", () => {
    expect(codes("y[k, k] = x[0, k]")).toEqual(["NN2002"]);
    expect(codes("y = sum[k, k] x[0, k]")).toEqual(["NN2002"]);
  });
});

describe("paths", () => {
  test("of definitions, repeated layers, nested layers, turns and instances", () => {
    const source = `
      layer residual(width: int)(x: [...s, n]) -> [...s, n] {
        inner = x |> linear(width)
        return inner |> linear(n)
      }
      model M {
        input x: [2, 3]
        encode = linear(3)
        h = x |> linear(3) |> linear(3)
        g = encode(h)
        for l in 1..3 { g = g |> residual(4) }
        output y = encode(g)
      }`;
    expect(names(source).filter((n) => n.endsWith("W"))).toEqual([
      "h.linear.W",
      "h.linear2.W",
      "encode.W",
      "g.1.residual.inner.linear.W",
      "g.1.residual.linear.W",
      "g.2.residual.inner.linear.W",
      "g.2.residual.linear.W",
    ]);
  });
  test("norm layers have gain and shift", () => {
    expect(names("model M {\n input x: [2, 3]\n output y = x |> layer_norm() |> batch_norm()\n}")).toEqual([
      "y.layer_norm.gain",
      "y.layer_norm.shift",
      "y.batch_norm.gain",
      "y.batch_norm.shift",
    ]);
  });
});

describe("numbers", () => {
  test("integers have div and mod, which round down; / is real division", () => {
    close(y("k[a < 3] = (a - 2) div 2\ny = k"), [-1, -1, 0]);
    close(y("k[a < 3] = (a - 2) mod 3\ny = k"), [1, 2, 0]);
    close(y("k[a < 3] = a / 2\ny = k"), [0, 0.5, 1]);
  });
  test("sizes and indices are numbers in a body", () => {
    close(y("y[a < 2, b < 3] = if b <= a then 1 else 0"), [1, 0, 0, 1, 1, 0]);
    close(y("y[a, c < 3] = if c == i[a] then 1 else 0"), [0, 0, 1, 1, 0, 0]);
  });
  test("a dynamic size is its real count", () => {
    const source = "model M {\n dim n <= 8\n input v: [n]\n output y[k] = v[k] * k / n\n output c = n\n}";
    const { y: scaled, c } = model(source, { dims: { n: 2 } }).forward({ v: [3, 5] });
    close([...scaled!, ...c!], [0, 2.5, 2]);
  });
  test("a power binds tighter than a minus", () => {
    close(y("y = -x^2 + 2^-1"), [-0.5, -3.5, -8.5, -15.5, -24.5, -35.5]);
  });
});

describe("ranges", () => {
  test("a given range wins where it is smaller", () => {
    close(y("y[a, b < 2] = x[a, b]"), [1, 2, 4, 5]);
    close(y("y = max[u < 2, v < 2] x[u, v]"), [5]);
    expect(codes("y[a, b < 4] = x[a, b]")).toEqual(["NN2008"]);
  });
  test("two ranges that are not given and disagree are a mistake", () => {
    expect(codes("y[a] = x[a, a]")).toEqual(["NN2007"]);
  });
  test("a guarded read gives a range only beside an unguarded one", () => {
    expect(codes("y[b] = (x[0, b - 1] else 0)")).toEqual(["NN2006"]);
    close(y("y[b] = x[0, b] - (x[0, b - 1] else 0)"), [1, 1, 1]);
  });
  test("what follows else may be another read", () => {
    close(y("y[b < 5] = (x[0, b] else (x[1, b - 3] else 9))"), [1, 2, 3, 4, 5]);
  });
  test("trailing subscripts may be left out, slices be sliced", () => {
    close(y("y = x[1]"), [4, 5, 6]);
    close(y("y = x[:, 1][0]"), [2]);
    close(y("y[a < 3] = sum[k] (x[a - 1] else 0)[k]"), [0, 6, 15]);
  });
  test("a reducer takes the product after it", () => {
    close(y("y = 2 * sum[k] x[0, k] * x[1, k] + 1"), [65]);
    close(y("y = sum[k] x[0, k]^2 / 2 - 1"), [6]);
    close(y("y = sum[a] x[a, 0] * sum[k] x[a, k]"), [66]);
    close(y("z = max[k] x[0, k] < 3\ny = if z then 1 else 0"), [0]);
  });
  test("...i stands beside other indices", () => {
    close(y("y[a, ...r] = x[a, ...r] * a"), [0, 0, 0, 4, 5, 6]);
    close(y("y[...r] = sum[k] x[...r, k]"), [6, 15]);
    close(y("y[k] = max[...r] x[...r, k]"), [4, 5, 6]);
    expect(codes("y[...a, ...b] = x[...a, ...b]")).toEqual(["NN2039"]);
  });
  test("a subscript may be data, and data of data", () => {
    close(y("y[a] = x[i[a] div 2, i[a]]"), [6, 1]);
    close(y("p[a < 3] = (a + 1) mod 3\ny[a] = x[0, p[i[a]]]"), [1, 2]);
    close(y("y[a] = x[0, argmax[k] x[a, k]]"), [3, 3]);
  });
  test("nothing is summed over an empty range", () => {
    close(y("y = sum[k < 0] x[0, k]"), [0]);
    close(y("y = prod[k < 0] x[0, k]"), [1]);
  });
  test("a tensor has cells", () => {
    expect(codes("input v: [2, 2, 2, 1]\noutput y = v |> conv2d(1, kernel = 3)")).toEqual(["NN2036"]);
  });
});

describe("parts", () => {
  test("constants, shifted and strided places make a whole", () => {
    close(y("y: [6]\ny[2*k] = x[0, k]\ny[2*k + 1] = x[1, k]"), [1, 4, 2, 5, 3, 6]);
    expect(codes("y: [6]\ny[2*k] = x[0, k]")).toEqual(["NN2014"]);
    expect(codes("y: [3]\ny[k] = x[0, k]\ny[0] = 1")).toContain("NN2002");
  });
  test("what is read must be defined before", () => {
    close(y("y: [4]\ny[0] = 1\nfor t in 0..3 { y[t + 1] = y[t] * 2 }"), [1, 2, 4, 8]);
    close(y("y: [4]\ny[0] = 1\nfor t in 0..3 { y[t + 1] = sum[u < t + 1] y[u] }"), [1, 1, 2, 4]);
    const late = [
      "y: [4]\ny[3] = 1\ny[k < 3] = y[k + 1] * 2",
      "y: [4]\ny[0] = 1\ny[k + 1] = x[0, k] * y[k + 0]",
      "y: [4]\ny[0] = 1\nfor t in 0..3 { y[3 - t] = y[2 - t] + 1 }",
      "y: [4]\ny[0] = 1\nz = sum(y)\ny[k + 1] = x[0, k]",
    ];
    for (const body of late) expect(codes(body)).toEqual(["NN2014"]);
  });
  test("a dynamic dimension is divided too", () => {
    const of = (at: string): string =>
      `model M {\n dim n <= 6\n input v: [n]\n s: [n + 1]\n s[0] = 1\n s[k + 1] = v[k] * s[${at}]\n output y = s\n}`;
    close(model(of("0"), { dims: { n: 2 } }).forward({ v: [3, 4] }).y!, [1, 3, 4]);
    expect(check(of("k + 0")).diagnostics.map((d) => d.code)).toEqual(["NN2014"]);
  });
});

describe("loops", () => {
  test("names from before are carried, scalars too; others are of the turn", () => {
    close(
      y("h = x\ntotal = 0\nfor l in 1..4 { t = h * l\n h = t\n total = total + l }\ny = h + total"),
      [12, 18, 24, 30, 36, 42],
    );
  });
  test("loops nest, and their bounds are sizes", () => {
    const source =
      "model M(n: int = 2) {\n c = 0\n for a in 0..n + 1 { for b in a..n { c = c + 1 } }\n output y = c\n}";
    close(model(source).forward().y!, [3]);
    close(model(source, { sizes: { n: 4 } }).forward().y!, [10]);
  });
  test("three hundred turns", () => {
    const m = model(
      "model M {\n param w: [2] ~ ones\n h = w\n for l in 0..300 { h = h * 0.99 }\n loss sum(h)\n}",
    );
    expect(m.backward()).toBeCloseTo(2 * 0.99 ** 300, 12);
    close(m.gradient("w"), [0.99 ** 300, 0.99 ** 300]);
  });
  test("each turn draws anew", () => {
    const [a, b] = model(
      "model M {\n a = 0\n b = 0\n for t in 0..2 { a = b\n b = random() }\n output y[k < 2] = if k == 0 then a else b\n}",
    ).forward().y!;
    expect(a).not.toBe(b);
  });
});

describe("meaning", () => {
  const loss = (body: string, w: number[]): { value: number; gradient: number[] } => {
    const m = model(`model M {\n param w: [${w.length}] ~ zeros\n${body}\n}`);
    m.parameter("w").set(w);
    return { value: m.backward(), gradient: m.gradient("w") };
  };
  test("the branch not taken poisons nothing", () => {
    const { value, gradient } = loss("loss sum(if w > 0 then log(w) + sqrt(w) else w)", [0, -1, 1]);
    close([value, ...gradient], [0, 1, 1, 1.5]);
  });
  test("ties go to the first", () => {
    close(loss("loss max(w)", [1, 3, 3]).gradient, [0, 1, 0]);
    close(loss("loss min[k] w[k]", [3, 1, 1]).gradient, [0, 1, 0]);
    close(y("y = argmax(if x > 3 then 1 else 0)"), [0, 0]);
    close(y("y = argmin(x * 0, axis = 0)"), [0, 0, 0]);
  });
  test("prod has its exact gradient at zeros", () => {
    close(loss("loss prod(w)", [0, 2, 3]).gradient, [6, 0, 0]);
    close(loss("loss prod(w)", [0, 0, 3]).gradient, [0, 0, 0]);
  });
  test("ReLU has derivative 0 at 0", () => {
    close(loss("loss sum(relu(w))", [0, 1, -1]).gradient, [0, 1, 0]);
  });
  test("a parameter out of reach has gradient 0", () => {
    close(loss("param v: [2] ~ ones\nloss sum(v)", [1]).gradient, [0]);
  });
  test("any definition may be an output, any element type an input", () => {
    const source = `model M {
      input f: []
      input k: int < 3
      input g: bool
      input flags: bool[2]
      param w: [] ~ ones
      state s: [2] = 4
      output f
      output w
      output s
      output c = 3
      output n = k + 1
      output b = flags and g
      output t = training
    }`;
    const given = { f: [0.5], k: [2], g: [1], flags: [0, 1] };
    expect(model(source).forward(given)).toEqual({
      f: [0.5],
      w: [1],
      s: [4, 4],
      c: [3],
      n: [3],
      b: [0, 1],
      t: [0],
    });
  });
  test("a layer that is not applied is no output", () => {
    expect(codes("output y = linear(3)")).toEqual(["NN2011"]);
    expect(codes("output y = layer_norm(x)")).toEqual(["NN2020"]);
  });
  test("grad works at inference, by inputs, definitions and parameters", () => {
    close(y("h = x^2\nu = sum(h * x)\ny = grad(u, x)[0]"), [3, 12, 27]);
    close(y("h = x^2\nu = sum(h^2)\ny = grad(u, h)[0]"), [2, 8, 18]);
    close(y("param w: [] ~ ones\nu = sum(x * w^3)\ny = grad(grad(u, w), w)"), [126]);
    expect(codes("y = grad(x, x)")).toEqual(["NN2021"]);
  });
});

describe("training", () => {
  const counting = `model M {
    param w: [2] ~ ones
    state s: [3] = 1
    state n: [] = 0
    update s[0] = w[0]
    update s[k] = (s[k - 1] else 9)
    update n = n + step
    output t = s
    loss sum(w^2) + n
    optimizer sgd(lr = 0.25)
  }`;
  test("backward advances nothing, step does; updates see earlier ones", () => {
    const m = model(counting);
    expect([m.backward(), m.backward()]).toEqual([2, 2]);
    close(m.parameter("w"), [1, 1]);
    expect(m.step()).toBe(2);
    close([...m.parameter("w"), ...m.parameter("n")], [0.5, 0.5, 1]);
    close(m.parameter("s"), [9, 1, 1]);
    expect(m.step()).toBe(1.5);
    close([...m.parameter("s"), ...m.parameter("n")], [9, 0.5, 1, 3]);
  });
  test("an update names cells once, and in range", () => {
    const of = (update: string): string[] =>
      codes(`param w: [3] ~ ones\nstate s: [3] = 0\nupdate ${update}\nloss sum(w)`);
    expect(of("s[k div 2] = w[k]")).toEqual(["NN2014"]);
    expect(of("s[k + 1] = w[k]")).toEqual(["NN2008"]);
    expect(of("s = w")).toEqual([]);
  });
  test("random draws for every element, place and step of its own", () => {
    const m = model(
      "model M {\n param w: [] ~ ones\n output a[k < 50] = random()\n output b[k < 50] = random()\n loss w\n}",
    );
    const { a, b } = m.forward();
    expect(new Set([...a!, ...b!]).size).toBe(100);
    m.step();
    expect(m.forward().a).not.toEqual(a);
    const inSum = model("model M {\n output y = sum[k < 400] random() / 400\n}").forward().y![0]!;
    expect(Math.abs(inSum - 0.5)).toBeLessThan(0.06);
  });
  test("the running variance is unbiased, the normalising one is not", () => {
    const m = model(
      "model M {\n input v: [4, 1]\n y = v |> batch_norm(momentum = 0)\n output y\n loss sum(y^2)\n}",
    );
    m.step({ v: [1, 2, 3, 6] });
    close(m.parameter("y.batch_norm.var_seen"), [14 / 3]);
    expect(m.backward({ v: [1, 2, 3, 6] })).toBeCloseTo(4, 4);
  });
});

test("dimensions that no call tells are bound at creation", () => {
  const source = `model M {
    dim batch <= 8
    dim classes <= 5
    input v: [batch, 2]
    output y = v |> linear(classes)
  }`;
  const m = model(source, { dims: { batch: 3, classes: 4 } });
  expect(m.program.dims.map((d) => [d.name, d.varies])).toEqual([
    ["batch", "call"],
    ["classes", "create"],
  ]);
  expect(m.forward({ v: numbers(6) }).y!.length).toBe(12);
});
