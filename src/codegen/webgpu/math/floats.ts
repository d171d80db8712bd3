/** Functions of 32-bit floats, where those of WGSL are not precise, or not for every number. */
import type { Helper } from "./helper.ts";

export const floats: Readonly<Record<string, Helper>> = {
  isNumber: {
    text: `// Whether x is a number: compilers may take it for granted that it is, and x == x for true.
fn isNumber(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) <= 0x7f800000u;
}`,
  },
  fromBits: {
    text: `// The float with these bits: no literal may be NaN.
fn fromBits(bits: u32) -> f32 {
  return bitcast<f32>(bits);
}`,
  },
  square: {
    text: `// x²
fn square(x: f32) -> f32 {
  return x * x;
}`,
  },
  cube: {
    text: `// x³
fn cube(x: f32) -> f32 {
  return x * x * x;
}`,
  },
  larger: {
    calls: ["isNumber"],
    text: `// The larger; what is no number stays.
fn larger(a: f32, b: f32) -> f32 {
  return select(select(b, max(a, b), isNumber(b)), a, !isNumber(a));
}`,
  },
  smaller: {
    calls: ["isNumber"],
    text: `// The smaller; what is no number stays.
fn smaller(a: f32, b: f32) -> f32 {
  return select(select(b, min(a, b), isNumber(b)), a, !isNumber(a));
}`,
  },
  flush: {
    text: `// x, or 0 where it is so small that it means nothing.
fn flush(x: f32) -> f32 {
  return select(x, 0.0, abs(x) < 1e-30);
}`,
  },
  exponential: {
    text: `// eˣ
fn exponential(x: f32) -> f32 {
  return exp(x);
}`,
  },
  logarithm: {
    text: `// log x
fn logarithm(x: f32) -> f32 {
  return log(max(x, 0x1p-126f));
}`,
  },
  squareRoot: {
    text: `// √x
fn squareRoot(x: f32) -> f32 {
  return sqrt(x);
}`,
  },
  tangent: {
    text: `// tanh x: near 0 by its series, elsewhere by a power that cannot overflow.
fn tangent(x: f32) -> f32 {
  let q = x * x;
  let t = exp(-2.0 * abs(x));
  return select(sign(x) * (1.0 - t) / (1.0 + t), x * (1.0 + q * (-0.33333334 + q * 0.13333334)), abs(x) < 0.1);
}`,
  },
  sigmoid: {
    text: `// 1 / (1 + e⁻ˣ), by a power that cannot overflow.
fn sigmoid(x: f32) -> f32 {
  let t = exp(-abs(x));
  return select(t, 1.0, x > 0.0) / (1.0 + t);
}`,
  },
  softplus: {
    text: `// log(1 + eˣ), without overflow.
fn softplus(x: f32) -> f32 {
  return max(x, 0.0) + log(1.0 + exp(-abs(x)));
}`,
  },
  errorFunction: {
    text: `// The error function. Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
fn errorFunction(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - p * exp(-x * x));
}`,
  },
  sinReduced: {
    calls: ["quarterTurns"],
    text: `// sin x: that of WGSL is only good to 2⁻¹¹, and near 0.
fn sinReduced(x: f32) -> f32 {
  return quarterTurns(x, 0);
}`,
  },
  cosReduced: {
    calls: ["quarterTurns"],
    text: `// cos x
fn cosReduced(x: f32) -> f32 {
  return quarterTurns(x, 1);
}`,
  },
  quarterTurns: {
    text: `// sin(x + n·π/2): what is left of x beyond multiples of π/2, subtracted in three parts, and two polynomials. Moshier, Cephes, sinf.c.
fn quarterTurns(x: f32, n: i32) -> f32 {
  let turns = clamp(round(x * 0.63661975), -1e9, 1e9);
  let r = ((x - turns * 1.5703125) - turns * 4.837512969970703e-4) - turns * 7.549789948768648e-8;
  let q = r * r;
  let sine = r + r * q * (-0.16666654611 + q * (0.0083321608736 - q * 1.9515295891e-4));
  let cosine = 1.0 - 0.5 * q + q * q * (0.041666645683 + q * (-0.0013887316255 + q * 2.4433157118e-5));
  let quarter = i32(turns) + n;
  let value = select(sine, cosine, (quarter & 1) != 0);
  return select(value, -value, (quarter & 2) != 0);
}`,
  },
  power: {
    text: `// aᵇ: pow takes the absolute value of a.
fn power(a: f32, b: f32) -> f32 {
  let odd = floor(b * 0.5) * 2.0 != b;
  return select(1.0, -1.0, a < 0.0 && odd) * pow(abs(a), b);
}`,
  },
};
