/** What a module of a development server has besides: it replaces its classes, and models that live go on. */
import { keepModels } from "./keep-models.ts";

/**
 * Vite finds out what a module accepts by reading it, so `accept` is written out. The function travels as its own text:
 * a page of a development server then loads nothing else.
 */
export function hotCode(file: string, classes: readonly string[]): string {
  return `
if (import.meta.hot) {
  const replace = (${keepModels.toString()})(
    import.meta.hot,
    ${JSON.stringify(file)},
    { ${classes.join(", ")} },
    globalThis,
  );
  import.meta.hot.accept((next) => replace(next));
}
`;
}
