import { colours, drawCurve, drawMap } from "./pictures.js";
import { spiral } from "./points.js";
import { Spiral } from "./spiral.nn";
import source from "./spiral.nn?raw";

/** Steps between two pictures. */
const stepsAtOnce = 4;
/** More would not change the curve that is seen. */
const mostSteps = 4000;

const at = (id) => document.getElementById(id);
let seed = 1;
let model = Spiral.create({ seed });
let points = spiral(seed);
let batch = batchOf(points);
let losses = [];
let running = true;
let chosen = 0;

function batchOf(all) {
  const last = all.slice(-1024);
  return {
    point: Float32Array.from(last.flatMap(({ x, y }) => [x, y])),
    arm: Int32Array.from(last, ({ arm }) => arm),
  };
}

function train() {
  for (let i = 0; i < stepsAtOnce && losses.length < mostSteps; i++) losses.push(model.step(batch));
  if (losses.length >= mostSteps) setRunning(false);
}

function draw() {
  drawMap(at("map"), points, (point) => model.forward({ point }).probability);
  drawCurve(at("curve"), losses);
  at("step").textContent = model.stepCount;
  at("loss").textContent = losses.length > 0 ? losses.at(-1).toFixed(4) : "–";
  at("accuracy").textContent = losses.length > 0 ? `${(100 * model.metrics.accuracy).toFixed(1)} %` : "–";
}

function frame() {
  if (running) train();
  draw();
  if (running) requestAnimationFrame(frame);
}

function setRunning(value) {
  running = value;
  at("run").textContent = running ? "Pause" : "Train";
}

function restart() {
  const { lr } = model.hyper;
  model = Spiral.create({ seed });
  model.hyper.lr = lr;
  losses = [];
  if (!running) draw();
}

at("run").addEventListener("click", () => {
  if (!running && losses.length >= mostSteps) losses = [];
  setRunning(!running);
  if (running) requestAnimationFrame(frame);
});
at("weights").addEventListener("click", () => {
  seed += 1;
  restart();
});
at("points").addEventListener("click", () => {
  seed += 1;
  points = spiral(seed);
  batch = batchOf(points);
  restart();
});
at("map").addEventListener("click", ({ offsetX, offsetY, target }) => {
  const x = (2 * offsetX) / target.clientWidth - 1;
  points.push({ x, y: 1 - (2 * offsetY) / target.clientHeight, arm: chosen });
  batch = batchOf(points);
  if (!running) draw();
});

const showRate = () => {
  at("rate").value = Math.log10(model.hyper.lr);
  at("rate-shown").textContent = Number(model.hyper.lr.toPrecision(2));
};
at("rate").addEventListener("input", ({ target }) => {
  model.hyper.lr = 10 ** target.valueAsNumber;
  showRate();
});

const arms = colours.map((colour, arm) => {
  const button = document.createElement("button");
  const css = `rgb(${colour.join(" ")})`;
  Object.assign(button.style, { background: css, color: css });
  button.ariaLabel = `arm ${arm + 1}`;
  button.addEventListener("click", () => {
    chosen = arm;
    arms.forEach((other, i) => (other.ariaPressed = String(i === chosen)));
  });
  return button;
});
at("arms").append(...arms);
arms[0].click();
at("source").textContent = source;
showRate();
// In Vite's server the model goes on when spiral.nn changes; its learning rate may be another one.
addEventListener("nnc:update", showRate);
import.meta.hot?.accept("./spiral.nn?raw", (next) => (at("source").textContent = next.default));
addEventListener("resize", draw);
requestAnimationFrame(frame);
