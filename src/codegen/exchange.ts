/** `using`: parameters that change places with states of the optimizer, such as their moving averages. */
import type { Model } from "./model.ts";
import type { TextBuilder } from "./text.ts";
import { quoted } from "./text.ts";

/** The names that `using` takes, as a type. */
export function shadowNames(model: Model): string {
  return model.program.shadows.map((s) => quoted(s.name)).join(" | ");
}

export function printUsing(model: Model, head: string, out: TextBuilder): void {
  out.braces(head, () => {
    printRefusal(model, "using", out);
    out.line("this.#exchange(name);");
    out.line("try {");
    out.indented(() => out.line("return run();"));
    out.line("} finally {");
    out.indented(() => out.line("this.#exchange(name);"));
    out.line("}");
  });
}

/** The line with which a method refuses to run while the parameters are not in their places. */
export function printRefusal(model: Model, method: string, out: TextBuilder): void {
  if (model.program.shadows.length > 0) out.line(`this.#requireInPlace(${quoted(method)});`);
}

/** The private methods behind `using`. */
export function printExchange(model: Model, out: TextBuilder): void {
  const { shadows } = model.program;
  model.module.helper("exchangeValues");
  out.blank();
  out.doc(["Parameters and the states of this name change places."]);
  out.braces(`#exchange(name«: ${shadowNames(model)}»)«: void»`, () => {
    out.line("const { parameters, states } = this.#memory;");
    shadows.forEach(({ name, pairs }, place) => {
      out.line(`${place > 0 ? "} else " : ""}if (name === ${quoted(name)}) {`);
      out.indented(() => {
        for (const { parameter, state } of pairs)
          out.line(`exchangeValues(${model.reference(parameter)}, ${model.reference(state)});`);
      });
    });
    out.line("} else {");
    const wanted = shadows.map((s) => s.name).join(", ");
    out.indented(() =>
      out.line(`throw new RangeError(${quoted(`${model.className}: using takes one of: ${wanted}`)});`),
    );
    out.line("}");
    out.line("this.#isExchanged = !this.#isExchanged;");
  });
  out.blank();
  out.doc(["Training moves parameters that stand in their own places."]);
  out.braces("#requireInPlace(method«: string»)«: void»", () => {
    const message = `\`${model.className}: \${method} can't be called within using\``;
    out.line(`if (this.#isExchanged) throw new Error(${message});`);
  });
}
