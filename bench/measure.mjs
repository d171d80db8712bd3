/** One workload: all contestants side by side, measured in turns. */
import { Contestant, contestants } from "./contestants.mjs";

const firstSteps = 5;
/** Sums are taken in different orders, and differences grow from step to step. */
const tolerance = (step) => (step === 0 ? 2e-5 : 2e-3);

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Throws where the losses of two contestants differ: they then don't compute the same. */
export function expectSameLosses(workload, losses) {
  const [[reference, expected], ...others] = Object.entries(losses);
  for (const [name, found] of others) {
    found.forEach((loss, i) => {
      // A comparison with NaN is false.
      if (Math.abs(loss - expected[i]) <= tolerance(i) * Math.abs(expected[i])) return;
      throw new Error(
        `${workload}: the loss of step ${i + 1} is ${expected[i]} in ${reference}, ${loss} in ${name}`,
      );
    });
  }
}

/**
 * Measures `names` on a workload. Every round gives each its turn, so that what else happens on the machine hits all
 * alike; the first round warms up and is not counted.
 */
export async function measureWorkload(workload, names, { rounds, seconds, startups }, progress) {
  const running = {};
  const results = Object.fromEntries(
    names.map((name) => [name, { startup: [], rounds: [], processor: [], gc: [] }]),
  );
  try {
    const losses = {};
    for (const name of names) {
      progress(`${workload}: ${name} starts`);
      running[name] = new Contestant(name, workload);
      const started = await running[name].ask("start", { steps: firstSteps });
      losses[name] = started.losses;
      results[name].startup.push(started.startup);
    }
    expectSameLosses(workload, losses);
    for (let round = 0; round <= rounds; round++) {
      progress(`${workload}: round ${round} of ${rounds}`);
      for (const name of names) {
        const { samples, steps, processor, gc } = await running[name].ask("measure", { seconds });
        if (round === 0) continue;
        results[name].rounds.push(median(samples));
        results[name].processor.push(processor);
        results[name].gc.push({ ...gc, steps, milliseconds: gc?.milliseconds });
      }
    }
    for (const name of names) {
      progress(`${workload}: ${name}, memory`);
      results[name].losses = losses[name];
      if (contestants[name].collects) results[name].heap = await running[name].ask("heap", { seconds });
    }
  } finally {
    for (const contestant of Object.values(running)) contestant.end();
  }
  for (let round = 1; round < startups; round++) {
    for (const name of names) {
      progress(`${workload}: ${name} starts again`);
      results[name].startup.push(await startAgain(name, workload));
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(results[name])]));
}

async function startAgain(name, workload) {
  const contestant = new Contestant(name, workload);
  try {
    return (await contestant.ask("start", { steps: 1 })).startup;
  } finally {
    contestant.end();
  }
}

function summary({ startup, rounds, processor, gc, losses, heap }) {
  const total = (pick) => gc.reduce((sum, entry) => sum + pick(entry), 0);
  const steps = total((entry) => entry.steps);
  return {
    milliseconds: median(rounds),
    lowest: Math.min(...rounds),
    highest: Math.max(...rounds),
    rounds,
    processor: median(processor),
    startup: median(startup),
    startups: startup,
    losses,
    ...(heap && {
      retained: heap,
      collections: {
        steps,
        minor: total((entry) => entry.minor),
        other: total((entry) => entry.other),
        milliseconds: total((entry) => entry.milliseconds),
      },
    }),
  };
}

/** How long a step of `name` takes in units of `peer`'s: the median over rounds, each compared with its own. */
export const ratio = (results, name, peer) =>
  median(results[name].rounds.map((time, round) => time / results[peer].rounds[round]));
