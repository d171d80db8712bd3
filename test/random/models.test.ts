/**
 * Random well-typed models through all of the compiler. RANDOM_MODELS=5000 examines more of them, RANDOM_SEED others.
 */
import fc from "fast-check";
import { test } from "vitest";
import { examine } from "./examine.ts";
import { generate } from "./generate.ts";

const numRuns = Number(process.env["RANDOM_MODELS"] ?? 24);
const seed = Number(process.env["RANDOM_SEED"] ?? 20_261);

const gene = fc.record({ block: fc.nat(999), picks: fc.array(fc.nat(999), { minLength: 5, maxLength: 5 }) });

test(
  "whatever a model is made of, every stage computes what it says",
  async () => {
    const first = fc.record({
      block: fc.nat(999),
      picks: fc.array(fc.nat(999), { minLength: 20, maxLength: 20 }),
    });
    const property = fc.asyncProperty(
      first,
      fc.array(gene, { minLength: 1, maxLength: 9 }),
      async (start, genes) => {
        const draft = generate(start, genes);
        try {
          await examine(draft);
        } catch (error) {
          throw new Error(`${error instanceof Error ? error.message : String(error)}\n${draft.source}`, {
            cause: error,
          });
        }
      },
    );
    await fc.assert(property, { numRuns, seed });
  },
  Number(process.env["RANDOM_MODELS"] ? 3_600_000 : 300_000),
);
