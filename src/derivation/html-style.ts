/** The style sheet of an HTML derivation: light and dark, narrow and wide, and on paper. */
export const styleSheet = `
:root { color-scheme: light dark; --text: #1d232b; --soft: #5b6672; --page: #fcfcfa; --card: #ffffff; --line: #d9dde2; --mark: #fff1c2; --ink: #1e5aa8; --good: #256b3a; --bad: #a11a1a; }
@media (prefers-color-scheme: dark) { :root { --text: #e7e9ec; --soft: #a4adb8; --page: #15181c; --card: #1d2127; --line: #363d46; --mark: #4a3f16; --ink: #8fbcff; --good: #7fd196; --bad: #ff9d95; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; color: var(--text); background: var(--page); }
header { padding: 1.5rem 2rem 0.5rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.3rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.6rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 0 0 0.4rem; }
header p { margin: 0.2rem 0; color: var(--soft); }
.keys { font-size: 0.85rem; }
kbd { font: 0.85em ui-monospace, Menlo, Consolas, monospace; border: 1px solid var(--line); border-radius: 3px; padding: 0 0.3em; background: var(--card); }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(18rem, 2fr); gap: 0 2rem; padding: 0 2rem 4rem; align-items: start; }
aside { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding-top: 1.5rem; font-size: 0.8rem; }
section { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--line); border-radius: 4px; padding: 0.8rem 1rem; margin: 0.9rem 0; break-inside: avoid; }
p { margin: 0.35rem 0; }
p.note { color: var(--soft); font-size: 0.92rem; }
p.good { color: var(--good); font-size: 0.88rem; }
p.bad { color: var(--bad); font-weight: bold; border: 2px solid currentColor; padding: 0.3rem 0.6rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th { text-align: left; font-weight: normal; color: var(--soft); border-bottom: 1px solid var(--line); padding: 0.15rem 0.8rem 0.15rem 0; }
td { padding: 0.2rem 0.8rem 0.2rem 0; vertical-align: baseline; }
.rows td { padding: 0.22rem 0.3rem; }
.rows .left { text-align: right; white-space: nowrap; }
.rows .right { white-space: nowrap; }
.rows .why { color: var(--soft); font-size: 0.85rem; padding-left: 1.5rem; }
math { font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", math, serif; font-size: 1.08em; }
pre { font: 0.8rem/1.5 ui-monospace, Menlo, Consolas, monospace; background: var(--card); border: 1px solid var(--line); border-radius: 4px; margin: 0.4rem 0 1rem; padding: 0.5rem 0; overflow-x: auto; white-space: normal; }
pre code { font: inherit; display: block; white-space: pre; padding: 0 0.8rem; min-height: 1.5em; border-left: 4px solid transparent; width: max-content; min-width: 100%; }
.number { display: inline-block; width: 2.2em; color: var(--soft); user-select: none; }
menclose.struck { background: linear-gradient(to bottom right, transparent calc(50% - 0.8px), currentColor calc(50% - 0.8px), currentColor calc(50% + 0.8px), transparent calc(50% + 0.8px)); padding: 0.1em 0.15em; print-color-adjust: exact; }
summary { cursor: pointer; color: var(--soft); }
a { color: var(--ink); text-decoration: underline; text-underline-offset: 2px; }
[data-ref] { cursor: pointer; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 1px; }
/* Never by colour alone: a soft link is underlined with dots, a held one framed and marked with a bar. */
mrow.soft, a.soft { text-decoration: underline dotted 2px; background: var(--mark); }
mrow.held, a.held { outline: 2px solid var(--ink); background: var(--mark); }
code.soft { border-left: 4px dotted var(--ink); background: var(--mark); }
code.held { border-left: 4px solid var(--ink); background: var(--mark); font-weight: bold; }
tr.soft { outline: 1px dotted var(--ink); }
tr.held { outline: 2px solid var(--ink); background: var(--mark); }
section.soft { border-left: 4px dotted var(--ink); }
section.held { border-left: 4px solid var(--ink); }
#held { position: fixed; bottom: 0; left: 0; margin: 0; padding: 0.2rem 0.8rem; background: var(--card); border: 1px solid var(--line); font-size: 0.85rem; }
#held:empty { display: none; }
@media (max-width: 900px) { .columns { display: block; padding: 0 0.8rem 3rem; } header { padding: 1rem 0.8rem 0.5rem; } aside { position: static; max-height: none; } section { padding: 0.6rem; } }
@media print { :root { --page: #fff; --card: #fff; --mark: #fff; } body { font-size: 10.5pt; } .columns { display: block; padding: 0; } .keys, #held { display: none; } aside { position: static; max-height: none; break-before: page; } .wide, pre { overflow: visible; } .rows .right, pre code { white-space: normal; } a { color: inherit; } }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`.trim();
