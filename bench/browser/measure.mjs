/** One workload in a browser: all contestants in frames of one page, measured in turns. */
import { expectSameLosses, median } from "../measure.mjs";
import { contestants } from "./contestants.mjs";

const firstSteps = 5;

/** What the browser or the library says, without where in a bundle it was said. */
const reasonOf = (error) =>
  String(error.message)
    .replace(/^frame\.evaluate: /, "")
    .split("\n    at ")[0];

/** A contestant in `frame`, a page or a part of one, with `bench` there. */
class Contestant {
  #frame;
  #name;

  constructor(name, frame) {
    this.#name = name;
    this.#frame = frame;
  }

  async ask(command, argument) {
    return this.#frame.evaluate(([command, argument]) => bench[command](argument), [command, argument]);
  }

  async start(workload, steps) {
    await this.#frame.waitForFunction(() => "bench" in globalThis);
    const { file, options } = contestants[this.#name];
    return this.ask("start", { workload, file, options: options(workload), steps });
  }
}

async function addFrame(page, name, origin) {
  await page.evaluate(
    ([name, source]) =>
      new Promise((loaded) => {
        const frame = document.createElement("iframe");
        Object.assign(frame, { name, src: source });
        frame.addEventListener("load", loaded, { once: true });
        document.body.append(frame);
      }).then(() => undefined),
    [name, `${origin}/frame.html`],
  );
  return new Contestant(name, page.frame({ name }));
}

/** Milliseconds of a step: as many given to the GPU at once as take about as long as a turn, and each awaited. */
async function turn(contestant, seconds) {
  const awaited = median(await contestant.ask("measureAwaited", { seconds }));
  const count = Math.min(1000, Math.ceil((1000 * seconds) / awaited));
  return { awaited, queued: await contestant.ask("timeSteps", count) };
}

/** Those of `names` that can run the workload, in one page; and of the others, why they can't. */
async function startAll(page, origin, workload, names, progress) {
  const running = {};
  const started = {};
  const failed = {};
  for (const name of names) {
    progress(`${workload}: ${name} starts`);
    const contestant = await addFrame(page, name, origin);
    try {
      started[name] = await contestant.start(workload, firstSteps);
      running[name] = contestant;
    } catch (error) {
      failed[name] = reasonOf(error);
    }
  }
  return { running, started, failed };
}

async function measureSteps(browser, origin, workload, names, { rounds, seconds }, progress) {
  const page = await browser.newPage();
  try {
    await page.goto(`${origin}/`);
    const { running, started, failed } = await startAll(page, origin, workload, names, progress);
    expectSameLosses(workload, Object.fromEntries(Object.entries(started).map(([n, s]) => [n, s.losses])));
    const turns = Object.fromEntries(Object.keys(running).map((name) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const [name, contestant] of Object.entries(running)) {
        progress(`${workload}: round ${round} of ${rounds}, ${name}`);
        const times = await turn(contestant, seconds);
        // The first round warms up.
        if (round > 0) turns[name].push(times);
      }
    }
    const measured = {};
    for (const [name, contestant] of Object.entries(running)) {
      const { adapter, losses } = started[name];
      measured[name] = { adapter, losses, turns: turns[name], counts: await contestant.ask("count") };
    }
    return { measured, failed };
  } finally {
    await page.close();
  }
}

/** The first step in a browser that has done nothing before; `watch`: with the times of compilation. */
async function startFresh(launch, origin, workload, name, watch) {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${origin}/frame.html${watch ? "#watch" : ""}`);
    return await new Contestant(name, page).start(workload, 1);
  } finally {
    await browser.close();
  }
}

/** `launch` starts a browser, `origin` is where its page is. */
export async function measureInBrowser(launch, origin, workload, names, options, progress) {
  const browser = await launch();
  const { measured, failed } = await measureSteps(
    browser,
    origin,
    workload,
    names,
    options,
    progress,
  ).finally(() => browser.close());
  for (const name of Object.keys(measured)) {
    const startups = [];
    for (let i = 0; i < options.startups; i++) {
      progress(`${workload}: ${name} starts again`);
      startups.push((await startFresh(launch, origin, workload, name, false)).startup);
    }
    const { compiling, pipelines } = await startFresh(launch, origin, workload, name, true);
    Object.assign(measured[name], { startups, compiling, pipelines });
  }
  return { measured, failed };
}
