/** Functions of numbers that JavaScript lacks. Types stand between « and ». */

export const sigmoid = `/** 1 / (1 + e⁻ˣ): where e⁻ˣ overflows, the quotient is 0, as it should be. */
function sigmoid(x«: number»)«: number» {
  return 1 / (1 + Math.exp(-x));
}`;

export const square = `/** x² */
function square(x«: number»)«: number» {
  return x * x;
}`;

export const cube = `/** x³ */
function cube(x«: number»)«: number» {
  return x * x * x;
}`;

export const inRange = `/** x, or the end of the range beyond which 32-bit floats hold eˣ as 0 or ∞ only. */
function inRange(x«: number»)«: number» {
  return x < -104 ? -104 : x > 104 ? 104 : x;
}`;

/** The polynomial is that of scripts/minimax.py, divided by its last coefficient to save a product. */
export const powersOfTwo = `/** 2^(k/16 − 152), in multiples of \`betweenPowers(0)\`. */
const powersOfTwo = new Float64Array(4864);
for (let k = 0; k < 4864; k++) {
  powersOfTwo[k] = k < 16 ? 2 ** (k / 16 - 152) / 72274.34312194913 : 2 * powersOfTwo[k - 16];
}`;

export const betweenPowers = `/** Proportional to 2^(r/16) for r from 0 to 1, with an error of less than 2⁻²⁹ of it. */
function betweenPowers(r«: number»)«: number» {
  return r * (r * (r + 67.80913742844561) + 3131.049306184152) + 72274.34312194913;
}`;

export const softplus = `/** log(1 + eˣ), without overflow or cancellation. */
function softplus(x«: number»)«: number» {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}`;

export const flush = `/** x, or 0 where it is so small that it would slow down what computes with it. */
function flush(x«: number»)«: number» {
  return Math.abs(x) < 1e-30 ? 0 : x;
}`;

export const exchangeValues = `/** Two arrays of one length exchange their values. */
function exchangeValues(a«: Float32Array», b«: Float32Array»)«: void» {
  for (let i = 0; i < a.length; i++) {
    const kept = a[i];
    a[i] = b[i];
    b[i] = kept;
  }
}`;

export const floorDivide = `/** ⌊a / b⌋ */
function floorDivide(a«: number», b«: number»)«: number» {
  return Math.floor(a / b);
}`;

export const floorModulo = `/** a − b·⌊a / b⌋: between 0 and b − 1 for positive b. */
function floorModulo(a«: number», b«: number»)«: number» {
  return a - b * Math.floor(a / b);
}`;

export const erf = `/**
 * The error function by rational approximations, close to the precision of 64-bit floats.
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969).
 */
function erf(x«: number»)«: number» {
  const a = Math.abs(x);
  if (a <= 0.46875) {
    const s = a * a;
    let p = 1.85777706184603153e-1 * s;
    let q = s;
    p = (p + 3.1611237438705656) * s;
    q = (q + 23.6012909523441209) * s;
    p = (p + 113.864154151050156) * s;
    q = (q + 244.024637934444173) * s;
    p = (p + 377.485237685302021) * s;
    q = (q + 1282.61652607737228) * s;
    return (x * (p + 3209.37758913846947)) / (q + 2844.23683343917062);
  }
  if (a > 6) return x > 0 ? 1 : -1;
  let p = 2.15311535474403846e-8 * a;
  let q = a;
  p = (p + 0.564188496988670089) * a;
  q = (q + 15.7449261107098347) * a;
  p = (p + 8.88314979438837594) * a;
  q = (q + 117.693950891312499) * a;
  p = (p + 66.1191906371416295) * a;
  q = (q + 537.181101862009858) * a;
  p = (p + 298.635138197400131) * a;
  q = (q + 1621.38957456669019) * a;
  p = (p + 881.95222124176909) * a;
  q = (q + 3290.79923573345963) * a;
  p = (p + 1712.04761263407058) * a;
  q = (q + 4362.61909014324716) * a;
  p = (p + 2051.07837782607147) * a;
  q = (q + 3439.36767414372164) * a;
  const tail = (Math.exp(-a * a) * (p + 1230.33935479799725)) / (q + 1230.33935480374942);
  return x > 0 ? 1 - tail : x < 0 ? tail - 1 : x;
}`;

export const uniform = `/**
 * Uniform on [0, 1): the same four integers always give the same number. Threefry-2x32 with 20 rounds:
 * Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11.
 */
function uniform(seed«: number», step«: number», place«: number», element«: number»)«: number» {
  let a = seed | 0;
  let b = step | 0;
  let c = a ^ b ^ 0x1bd11bda;
  let x = (place + a) | 0;
  let y = (element + b) | 0;
  for (let block = 1; block <= 5; block++) {
    if (block % 2 === 1) {
      x = (x + y) | 0;
      y = ((y << 13) | (y >>> 19)) ^ x;
      x = (x + y) | 0;
      y = ((y << 15) | (y >>> 17)) ^ x;
      x = (x + y) | 0;
      y = ((y << 26) | (y >>> 6)) ^ x;
      x = (x + y) | 0;
      y = ((y << 6) | (y >>> 26)) ^ x;
    } else {
      x = (x + y) | 0;
      y = ((y << 17) | (y >>> 15)) ^ x;
      x = (x + y) | 0;
      y = ((y << 29) | (y >>> 3)) ^ x;
      x = (x + y) | 0;
      y = ((y << 16) | (y >>> 16)) ^ x;
      x = (x + y) | 0;
      y = ((y << 24) | (y >>> 8)) ^ x;
    }
    const used = a;
    a = b;
    b = c;
    c = used;
    x = (x + a) | 0;
    y = (y + b + block) | 0;
  }
  return (x >>> 8) / 16777216;
}`;
