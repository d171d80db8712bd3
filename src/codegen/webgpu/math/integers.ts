/** Integers: WGSL's division goes towards 0. */
import type { Helper } from "./helper.ts";

export const integers: Readonly<Record<string, Helper>> = {
  floorDivide: {
    text: `// ⌊a / b⌋
fn floorDivide(a: i32, b: i32) -> i32 {
  let towardsZero = a / b;
  return select(towardsZero, towardsZero - 1, a % b != 0 && (a < 0) != (b < 0));
}`,
  },
  floorModulo: {
    text: `// a − b·⌊a / b⌋: between 0 and b − 1 for positive b
fn floorModulo(a: i32, b: i32) -> i32 {
  let rest = a % b;
  return select(rest, rest + b, rest != 0 && (rest < 0) != (b < 0));
}`,
  },
  uniformNumber: {
    text: `// Uniform on [0, 1): the same four integers always give the same number. Threefry-2x32 with 20 rounds:
// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
fn uniformNumber(seed: i32, step: i32, place: i32, element: i32) -> f32 {
  var keys = array<u32, 3>(u32(seed), u32(step), u32(seed) ^ u32(step) ^ 0x1bd11bdau);
  var rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  var x = u32(place) + keys[0];
  var y = u32(element) + keys[1];
  for (var part = 1u; part <= 5u; part++) {
    for (var round = 0u; round < 4u; round++) {
      let turn = rotations[(part - 1u) % 2u * 4u + round];
      x += y;
      y = ((y << turn) | (y >> (32u - turn))) ^ x;
    }
    x += keys[part % 3u];
    y += keys[(part + 1u) % 3u] + part;
  }
  return f32(x >> 8u) / 16777216.0;
}`,
  },
};
