/**
 * What one core of this machine can do at most, in additions and products of 32-bit floats a second: with numbers one by
 * one, as JavaScript computes, and with vectors of four, as WebAssembly does. Nothing is read or stored meanwhile.
 */
import wabtOf from "wabt";

/** So many sums that do not wait for each other hide that each takes several cycles. */
const chains = 12;
const turns = 20_000;
const samples = 40;

const names = Array.from({ length: chains }, (_, n) => `$s${n}`);
const locals = names.map((s) => `(local ${s} v128)`).join(" ");
const updates = names
  .map((s) => `(local.set ${s} (f32x4.add (f32x4.mul (local.get ${s}) (local.get $x)) (local.get $x)))`)
  .join("\n");
const total = names.reduce((sum, s) => `(f32x4.add ${sum} (local.get ${s}))`, "(local.get $x)");
const text = `(module (func (export "run") (param $x1 f32) (param $turns i32) (result f32)
  (local $x v128) ${locals}
  (local.set $x (f32x4.splat (local.get $x1)))
  (loop $next
    ${updates}
    (br_if $next (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
  (f32x4.extract_lane 0 ${total})))`;

/** The same in JavaScript, printed so that its sums are variables. */
const variables = Array.from({ length: chains }, (_, n) => `s${n}`);
const scalar = new Function(
  "x",
  "turns",
  `let ${variables.map((s) => `${s} = 0`).join(", ")};
  for (let i = 0; i < turns; i++) { ${variables.map((s) => `${s} = ${s} * x + x;`).join(" ")} }
  return ${variables.join(" + ")};`,
);

/** Operations a second: the best of several samples, since nothing makes a sample too fast. */
function best(run, lanes) {
  let rate = 0;
  let sum = 0;
  for (let i = 0; i < samples; i++) {
    const began = performance.now();
    sum += run(0.5, turns);
    rate = Math.max(rate, (2 * lanes * chains * turns) / ((performance.now() - began) / 1000));
  }
  if (!Number.isFinite(sum)) throw new Error("the sums of the peak must stay finite");
  return rate;
}

let vector;

/** Operations a second, of numbers and of vectors of four. */
export async function peaks() {
  if (!vector) {
    const wabt = await wabtOf();
    const bytes = wabt.parseWat("peak.wat", text, { simd: true }).toBinary({}).buffer;
    vector = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.run;
  }
  return { scalar: best(scalar, 1), vector: best(vector, 4) };
}
