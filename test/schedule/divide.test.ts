/** Which kernels threads share, and whether by rows or by turns. That bits stay the same: `test/wasm/threads.test.ts`. */
import { expect, test } from "vitest";
import type { Schedule } from "../../src/ir/kernel.ts";
import { printAffine } from "../../src/ir/printer.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { build } from "../support/model.ts";

function scheduleOf(source: string): Schedule {
  const { graphs, context } = build(source);
  return schedule(graphs, 2, context, { machine: "vector" });
}

/** How the kernel of a name is divided: `rows of batch by 4`, `turns`, or not at all: `whole`. */
function divisionOf({ kernels, divided }: Schedule, name: string): string {
  const kernel = kernels.find((k) => k.name === name);
  if (!kernel) throw new Error(`no kernel is called ${name}`);
  const found = divided!.get(kernel);
  if (!found) return "whole";
  return found.rows ? `rows of ${printAffine(found.rows.count)} by ${found.rows.block}` : "turns";
}

const network = (batch: number, width: number): string => `model Net {
  dim batch <= ${batch}
  input x: [batch, ${width}]
  input t: [batch, ${width}]
  h = x |> linear(${width}) |> sigmoid
  output p = h |> linear(${width})
  loss mse(p, t)
  optimizer sgd(lr = 0.1)
}`;

test("a layer whose activation reads what its product has stored has parts with the same rows", () => {
  const net = scheduleOf(network(32, 50));
  expect(divisionOf(net, "h")).toBe("rows of batch by 4");
  expect(divisionOf(net, "d_h_linear")).toBe("rows of batch by 4");
});

test("gradients of weights, which sum over the batch, are divided by turns", () => {
  expect(divisionOf(scheduleOf(network(32, 50)), "d_p_linear_W")).toBe("turns");
});

test("a long product with panels to pack is divided by turns", () => {
  expect(divisionOf(scheduleOf(network(64, 256)), "d_h_linear")).toBe("turns");
});

test("samples of an attention are rows of a small batch, one by one", () => {
  const net = scheduleOf(`model Attention {
    dim batch <= 8
    input x: [batch, 32, 32]
    input t: [batch, 32, 32]
    y = x |> multi_head_attention(heads = 4)
    loss mse(y, t)
    optimizer sgd(lr = 0.1)
  }`);
  const found = new Set(net.kernels.map((k) => divisionOf(net, k.name)));
  expect(found).toContain("rows of batch by 1");
});
