/** Generated tests draw the same in every run; `SEED=7 npx vitest run …` draws others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
