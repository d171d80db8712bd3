/**
 * Models of users, of the courses, of the comparison with PyTorch, and the examples in their own sizes: all shaders are valid.
 * Each model is compiled at one level.
 */
import { describeValidity, levels, onGpu } from "./gpu.ts";
import { buildSource, validated } from "./sources.ts";

describeValidity("shaders of many models", () =>
  validated.map((source, k) => {
    const level = levels[k % levels.length]!;
    return [`${source.name} -O${level}`, onGpu(buildSource(source), level).program] as const;
  }),
);
