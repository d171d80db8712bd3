/**
 * Links what belongs to one tensor: its equations, its line in the source, the code that computes it. It only adds and
 * removes classes and moves the focus; without it, the page says the same.
 */
export const linkingScript = `
"use strict";
(() => {
  const all = [...document.querySelectorAll("[data-ref], [data-about]")];
  const refsOf = (e) => e.dataset.ref !== undefined ? [e.dataset.ref] : (e.dataset.about || "").split(" ");
  const stops = [...document.querySelectorAll("main [tabindex], aside [tabindex]")];
  const status = document.getElementById("held");
  let held = [];
  const related = (refs) => new Set(refs.concat(refs.map((r) => "d" + r)));
  const mark = (kind, refs) => {
    const wanted = related(refs);
    for (const e of all) e.classList.toggle(kind, refs.length > 0 && refsOf(e).some((r) => wanted.has(r)));
  };
  const at = (target) => target instanceof Element ? target.closest("[data-ref], [data-about]") : null;
  const hold = (refs, from) => {
    held = refs;
    mark("held", refs);
    status.textContent = refs.length > 0 ? "held: " + refs.join(", ") + " (Esc lets go)" : "";
    if (refs.length === 0) return;
    for (const pane of document.querySelectorAll("main, aside")) {
      if (from && pane.contains(from)) continue;
      const first = pane.querySelector(".held");
      if (first) first.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };
  const show = (target) => { const x = at(target); mark("soft", x ? refsOf(x) : []); };
  let under = null;
  // Not mouseover, which keys cause as well where they scroll the page under a pointer that rests.
  document.addEventListener("mousemove", (e) => {
    if (at(e.target) === under) return;
    under = at(e.target);
    show(under || document.activeElement);
  });
  document.addEventListener("focusin", (e) => show(e.target));
  document.addEventListener("focusout", () => mark("soft", []));
  document.addEventListener("click", (e) => {
    const x = at(e.target);
    if (!x || (x.tagName === "SECTION" && e.target !== x)) return;
    const refs = refsOf(x);
    hold(refs.join() === held.join() ? [] : refs, x);
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") return hold([], null);
    const here = stops.indexOf(document.activeElement);
    if (e.key === "Enter" && here >= 0) return hold(refsOf(stops[here]), stops[here]);
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (by === undefined || e.ctrlKey || e.metaKey || e.altKey || here < 0) return;
    const next = stops[here + by];
    if (next) { e.preventDefault(); next.focus(); }
  });
})();
`.trim();
