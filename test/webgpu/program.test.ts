/** Where tensors stand on a device, and how calls bind them: rules that a device would reject a dispatch by. */
import { expect, test } from "vitest";
import type { Binding, Dispatch, GpuProgram, Shader } from "../../src/codegen/webgpu/program.ts";
import { gpuProgram } from "../../src/codegen/webgpu/program.ts";
import type { Kernel, Level } from "../../src/ir/kernel.ts";
import type { Launch } from "../../src/ir/launch.ts";
import { evaluateAffine } from "../../src/ir/interpreter.ts";
import type { Affine, Dim } from "../../src/ir/types.ts";
import { schedule } from "../../src/passes/schedule.ts";
import { build } from "../support/model.ts";

/** A program whose shaders say only what they bind, and that a workgroup is one value of a dimension. */
function programOf(source: string, level: Level, dims: Record<string, number> = {}): Planned {
  const { graphs, context } = build(source);
  const scheduled = schedule(graphs, level, context, { machine: "gpu" });
  const print = (kernel: Kernel, own: Launch, bindings: readonly Binding[]): Shader => ({
    name: kernel.name,
    kernel,
    launch: own,
    text: "",
    lines: [],
    bindings,
    groups: context.builder.plus(0, ...kernel.dims),
    workgroupSize: 64,
    workgroupBytes: 0,
  });
  const counts = new Map(scheduled.program.dims.map((d) => [d, dims[d.name] ?? d.maximum]));
  return { program: gpuProgram(scheduled, context, print), scheduled, counts };
}

interface Planned {
  readonly program: GpuProgram;
  readonly scheduled: ReturnType<typeof schedule>;
  readonly counts: ReadonlyMap<Dim, number>;
}

const dispatchesOf = ({ program }: Planned): Dispatch[] => [...program.procedures.values()].flat();

/** The rules of a usage scope, and the limits of every device. */
function expectLegal(planned: Planned): void {
  const number = (e: Affine): number => evaluateAffine(e, planned.counts);
  for (const { shader, places } of dispatchesOf(planned)) {
    expect(places.length).toBe(shader.bindings.length);
    expect(places.length).toBeLessThanOrEqual(8);
    const passed = shader.bindings.flatMap((b) => b.buffers).toSorted((a, z) => a - z);
    expect(passed).toEqual(shader.kernel.buffers.map((_, n) => n));
    places.forEach(({ buffer, from, size }, n) => {
      expect([number(from) % 64, number(size) % 64]).toEqual([0, 0]);
      expect(number(size)).toBeGreaterThan(0);
      expect(number(from) + number(size)).toBeLessThanOrEqual(number(buffer.size));
      const { access, buffers } = shader.bindings[n]!;
      if (buffers.some((k) => shader.kernel.buffers[k]!.access !== "read")) expect(access).toBe("read_write");
      places.slice(n + 1).forEach((other, k) => {
        if (other.buffer !== buffer) return;
        expect(shader.bindings[n + 1 + k]!.access).toBe(access);
        const isApart =
          number(from) + number(size) <= number(other.from) ||
          number(other.from) + number(other.size) <= number(from);
        expect(isApart || access === "read").toBe(true);
      });
    });
  }
}

const digits = `
model Digits(hidden: int = 5) {
  dim batch <= 8
  dim classes <= 100
  input x: [batch, 7]
  input y: int[batch] < classes
  h = x |> linear(hidden) |> batch_norm() |> tanh
  output z = h |> linear(classes)
  loss cross_entropy(z, y)
  optimizer adam(lr = 0.01)
}`;

test.each([0, 1] as const)("families are one buffer each, at level %i", (level) => {
  const planned = programOf(digits, level, { classes: 10 });
  const { program, scheduled } = planned;
  expectLegal(planned);
  const [parameters] = new Set(scheduled.program.parameters.map((t) => program.places.get(t)!.buffer));
  expect(parameters!.name).toBe("parameters");
  const starts = scheduled.program.parameters.map((t) =>
    evaluateAffine(program.places.get(t)!.from, planned.counts),
  );
  // 35, 5, 5, 5 values, 5 × 10 of them, and 10.
  expect(starts.toSorted((a, z) => a - z)).toEqual([0, 64, 128, 192, 256, 320]);
  const [x, y] = scheduled.program.inputs.map((t) => program.places.get(t)!.buffer);
  // At level 1 calls as small as these are one, with more tensors than a dispatch may bind: they share buffers.
  expect([x!.name, y!.name]).toEqual(level === 0 ? ["x", "y"] : ["common", "commonIntegers"]);
});

test("dimensions of creation move what follows", () => {
  const planned = programOf(digits, 1, { classes: 20 });
  expectLegal(planned);
  const ends = planned.scheduled.program.parameters.map((t) => {
    const { from, size } = planned.program.places.get(t)!;
    return evaluateAffine(from, planned.counts) + evaluateAffine(size, planned.counts);
  });
  // 5 × 20 values take two places, their 20 biases one.
  expect(Math.max(...ends)).toBe(5 * 64 + 128);
});

test("what is passed in place of a kernel's dimensions decides the workgroups", () => {
  const planned = programOf(digits, 1, { classes: 20 });
  for (const { shader, dims, groups } of dispatchesOf(planned)) {
    const passed = dims.map((d) => (typeof d === "number" ? d : planned.counts.get(d)!));
    const expected = passed.reduce((sum, n) => sum + n, 0);
    expect(evaluateAffine(groups, planned.counts), shader.name).toBe(expected);
  }
});

test("more buffers than a dispatch may bind stand in one, and are bound as one", () => {
  const names = "abcdefghij".split("");
  const planned = programOf(
    `model Wide {
  dim batch <= 4
${names.map((n) => `  input ${n}: [batch]`).join("\n")}
  output y = ${names.join(" + ")}
  output z = a * 2
}`,
    0,
  );
  expectLegal(planned);
  const [sum, twice] = dispatchesOf(planned);
  expect(sum!.places.map((p) => p.buffer.name)).toEqual(["common"]);
  expect(sum!.offsets.map((o) => o.constant).toSorted((a, z) => a - z)).toEqual(
    Array.from({ length: 11 }, (_, n) => 64 * n),
  );
  const bound = twice!.shader.bindings.map((b, n) => `${twice!.places[n]!.buffer.name} ${b.access}`);
  expect(bound.toSorted()).toEqual(["common read", "z read_write"]);
});
