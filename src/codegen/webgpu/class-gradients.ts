/** Two shaders that are no kernel of a model: gradients that are scaled, and gradients that are added up; in vectors. */
import type { Model } from "../model.ts";

const size = 256;

const shader = (bindings: string, doc: string, fields: string, buffers: string, code: string): string =>
  `{
  bindings: "${bindings}",
  code: \`// ${doc} Four values at once.
struct Call {
  count: i32,
  ${fields}
}

${buffers}
@group(1) @binding(0) var<uniform> call: Call;

@compute @workgroup_size(${size})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) invocation: u32,
) {
  let cell = i32((group.y * groups.x + group.x) * ${size} + invocation);
  if (cell < call.count) {
    ${code}
  }
}
\`,
}`;

/** By the names of the constants that hold them. */
export const auxiliaryShaders: ReadonlyMap<string, string> = new Map([
  [
    "scaleGradients",
    shader(
      "w",
      "`backward` with an upstream gradient: ∂L/∂p = upstream · ∂L/∂p, for all parameters at once.".replaceAll(
        "`",
        "",
      ),
      "upstream: f32,",
      "@group(0) @binding(0) var<storage, read_write> gradients: array<vec4f>;",
      "gradients[cell] = call.upstream * gradients[cell];",
    ),
  ],
  [
    "addGradients",
    shader(
      "ww",
      "accumulate: the gradients become their sum over the passes so far.",
      "upstream: f32,\n  isFirst: u32,",
      `@group(0) @binding(0) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> gradients: array<vec4f>;`,
      `var sum = call.upstream * gradients[cell];
    if (call.isFirst == 0u) {
      sum += sums[cell];
    }
    sums[cell] = sum;
    gradients[cell] = sum;`,
    ),
  ],
]);

/** What these need of a device. */
export function auxiliaryLimits(model: Model): { readonly bindings: number; readonly invocations: number } {
  return model.accumulates ? { bindings: 2, invocations: size } : { bindings: 1, invocations: 1 };
}

/** How many workgroups there are for all gradients, given how many vectors these are. */
export const groupsOfGradients = `Math.ceil(count / ${size})`;
