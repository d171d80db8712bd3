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
  signOf: {
    calls: ["isNumber"],
    text: `// -1, 0 or 1; what is no number stays.
fn signOf(x: f32) -> f32 {
  return select(sign(x), x, !isNumber(x));
}`,
  },
  exponential: {
    calls: ["isNumber"],
    text: `// e to the power x; what is no number stays.
fn exponential(x: f32) -> f32 {
  return select(exp(x), x, !isNumber(x));
}`,
  },
  quotient: {
    calls: ["fromBits"],
    text: `// a / b, also where b is 0, tiny or huge: what WGSL says nothing of. What is no normal number counts as 0.
fn quotient(a: f32, b: f32) -> f32 {
  let size = bitcast<u32>(b) & 0x7fffffffu;
  if (size - 0x00800000u <= 0x7e000000u) {
    return a / b;
  }
  let top = bitcast<u32>(a) & 0x7fffffffu;
  let sign = (bitcast<u32>(a) ^ bitcast<u32>(b)) & 0x80000000u;
  if (size < 0x00800000u) {
    return fromBits(select(0x7fc00000u, 0x7f800000u | sign, top >= 0x00800000u && top <= 0x7f800000u));
  }
  if (size < 0x7f800000u) {
    return 0.25 * a / (0.25 * b);
  }
  return fromBits(select(0x7fc00000u, sign, size == 0x7f800000u && top < 0x7f800000u));
}`,
  },
  flush: {
    text: `// x, or 0 where it is so small that it means nothing.
fn flush(x: f32) -> f32 {
  return select(x, 0.0, abs(x) < 1e-30);
}`,
  },
  logarithm: {
    calls: ["isNumber", "fromBits"],
    text: `// log x; of 0 it is about −87.3, which is log of the smallest number, and of less it is no number.
fn logarithm(x: f32) -> f32 {
  return select(log(max(x, 0x1p-126f)), fromBits(0x7fc00000u), x < 0.0 || !isNumber(x));
}`,
  },
  tangent: {
    text: `// tanh x within 1e-6 of itself: near 0 by its series, elsewhere by a power that cannot overflow.
fn tangent(x: f32) -> f32 {
  let q = x * x;
  let t = exp(-2.0 * abs(x));
  let far = sign(x) * (1.0 - t) / (1.0 + t);
  return select(far, x * (1.0 - q * (0.33333334 - q * 0.13333334)), abs(x) < 0.1);
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
    text: `// log(1 + eˣ) = max(x, 0) + log(1 + t), t = e^−|x|: where t is large, 1 + t = 2·(1 + (t − 1) / 2).
fn softplus(x: f32) -> f32 {
  let t = exp(-abs(x));
  let large = t > 0.41421357;
  let f = select(t, (t - 1.0) * 0.5, large);
  var p = 0.127615763 - f * 0.0763449723;
  p = 0.14201758 + f * (-0.131601815 + f * p);
  p = 0.200012269 + f * (-0.166233574 + f * p);
  p = 0.333333317 + f * (-0.25000821 + f * p);
  let log1 = f - f * f * (0.5 - f * p);
  return max(x, 0.0) + select(log1, log1 + 0.6931472, large);
}`,
  },
  errorFunction: {
    calls: ["isNumber"],
    text: `// erf x within 1e-6 of itself: near 0 a polynomial, elsewhere 1 − erfc x by a polynomial for its logarithm.
fn errorFunction(x: f32) -> f32 {
  let a = min(abs(x), 4.0);
  let q = a * a;
  var near = -8.14663651e-4 + q * 8.38613971e-5;
  near = -0.026859557 + q * (0.00520139698 + q * near);
  near = 0.128379167 + q * (-0.37612634 + q * (0.112836987 + q * near));
  var logarithm = -0.00305560336 + a * 1.97181271e-4;
  logarithm = -0.104037329 + a * (0.0222770714 + a * logarithm);
  logarithm = -1.77498659e-4 + a * (-1.12774954 + a * (-0.637059786 + a * logarithm));
  let positive = select(1.0 - exp(logarithm), a + a * near, a < 0.91);
  return select(select(positive, -positive, x < 0.0), x, !isNumber(x));
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
    calls: ["fromBits"],
    text: `// sin(x + n·π/2) within 2e-7 where |x| ≤ 1000, ever less precise beyond: what is left of x beyond multiples of π/2,
// which are subtracted in three parts, and two polynomials. Moshier, Cephes, sinf.c. Of ∞ it is no number.
fn quarterTurns(x: f32, n: i32) -> f32 {
  if ((bitcast<u32>(x) & 0x7fffffffu) > 0x7f7fffffu) {
    return fromBits(0x7fc00000u);
  }
  let turns = clamp(round(x * 0.63661975), -1e9, 1e9);
  let rest = ((x - turns * 1.5703125) - turns * 4.837512969970703e-4) - turns * 7.549789948768648e-8;
  let r = clamp(rest, -0.7855, 0.7855);
  let q = r * r;
  let sine = r + r * q * (-0.16666654611 + q * (0.0083321608736 - q * 1.9515295891e-4));
  let cosine = 1.0 - 0.5 * q + q * q * (0.041666645683 + q * (-0.0013887316255 + q * 2.4433157118e-5));
  let quarter = i32(turns) + n;
  let value = select(sine, cosine, (quarter & 1) != 0);
  return select(value, -value, (quarter & 2) != 0);
}`,
  },
  power: {
    calls: ["fromBits", "quotient"],
    text: `// aᵇ: by products where b is whole, since pow of WGSL is far off where aᵇ is near 1, and takes a for |a|.
fn power(a: f32, b: f32) -> f32 {
  if (floor(b) == b && abs(b) < 16777216.0) {
    var result = 1.0;
    var factor = a;
    for (var n = u32(abs(b)); n > 0u; n >>= 1u) {
      result *= select(1.0, factor, (n & 1u) != 0u);
      factor *= factor;
    }
    if (b < 0.0) {
      return quotient(1.0, result);
    }
    return result;
  }
  if (a < 0.0) {
    return fromBits(0x7fc00000u);
  }
  if (a == 0.0) {
    return select(fromBits(0x7f800000u), 0.0, b > 0.0);
  }
  return pow(a, b);
}`,
  },
};
