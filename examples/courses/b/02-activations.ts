import { smallMultiples } from "../support/chart.ts";
import { at, compile, generate } from "../support/compile.ts";
import type { Item, Page } from "../support/item.ts";
import { Reference } from "../support/reference.ts";
import { figure, table } from "../support/text.ts";

const model = new URL("02-activations.nn", import.meta.url);

/** Names as in the model, and what the course calls them. */
export const titles = {
  sigmoid: "sigmoid",
  tanh: "tanh",
  relu: "ReLU",
  softplus: "softplus",
  leaky_relu: "leaky ReLU, slope 0.2",
  prelu: "PReLU, slope 0.5",
  maxout: "maxout of x and −x/2 − 1",
  elu: "ELU",
  srelu: "SReLU",
  swish: "swish, β = 2",
  gelu: "GELU",
  softmax: "softmax(x, 1, 0), the first",
};

/** What is learned, set by hand to see something. */
export const learned = {
  "y_prelu.prelu.slope": [0.5],
  "y_maxout.maxout.piece.linear.W": [1, -0.5],
  "y_maxout.maxout.piece.linear.b": [0, -1],
  "y_srelu.srelu.left": [-1],
  "y_srelu.srelu.left_slope": [0.2],
  "y_srelu.srelu.right": [1.5],
  "y_srelu.srelu.right_slope": [0.4],
};

/** x = −4, −3.95, …, 4: kinks at −1, 0 and 1.5 are among them. */
const x = Array.from({ length: 161 }, (_, i) => (i - 80) / 20);

async function show(page: Page) {
  const compiled = compile(model);
  const reference = new Reference(compiled, { dims: { batch: x.length } }).set(learned);
  const exact = reference.forward({ x });
  reference.backward({ x });
  const gradients = Object.fromEntries(Object.keys(learned).map((name) => [name, reference.gradient(name)]));
  const net = (await generate(compiled)).create();
  for (const [name, values] of Object.entries(learned)) at(net.parameters, name).set(values);
  const rounded = net.forward({ x });

  const places = [-2, -1, 0, 1, 2];
  const cells = (name: string): string[] => places.map((p) => figure(exact[name]![x.indexOf(p)]!, 4));
  page.print(
    table(
      ["activation", ...places.map((p) => `f(${p})`), ...places.map((p) => `f′(${p})`)],
      Object.keys(titles).map((name) => [name, ...cells(`y_${name}`), ...cells(`d_${name}`)]),
    ),
    "",
    "Gradients by what is learned inside, summed over all x:",
    "",
    table(
      ["parameter", "gradient"],
      Object.entries(gradients).map(([name, g]) => [name, g.map((v) => figure(v)).join(", ")]),
    ),
  );
  const curve = (label: string, name: string) => ({
    label,
    points: x.map((v, i) => [v, exact[name]![i]!] as const),
  });
  page.picture(
    "B.2",
    smallMultiples(
      "Activations and their derivatives",
      Object.entries(titles).map(([name, title]) => ({
        title,
        x: "",
        series: [curve("f", `y_${name}`), curve("f′", `d_${name}`)],
        range: [0, 1] as const,
      })),
      { columns: 4, legend: ["f(x)", "f′(x)"] },
    ),
  );
  return {
    x,
    exact,
    rounded: Object.fromEntries(Object.entries(rounded).map(([k, v]) => [k, Array.from(v as Float32Array)])),
    gradients,
  };
}

export const activations: Item<Awaited<ReturnType<typeof show>>> = {
  id: "B.2",
  title: "Activations and their derivatives",
  models: [model],
  show,
};
