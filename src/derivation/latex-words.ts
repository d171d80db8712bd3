/** Names and texts of a user as LaTeX prints them. */

/** Greek letters are commands of formulas. */
export const greek: Readonly<Record<string, string>> = Object.fromEntries(
  "α:alpha β:beta γ:gamma δ:delta ε:epsilon ζ:zeta η:eta θ:theta ι:iota κ:kappa λ:lambda μ:mu ν:nu ξ:xi π:pi ρ:rho σ:sigma τ:tau υ:upsilon φ:phi χ:chi ψ:psi ω:omega Γ:Gamma Δ:Delta Θ:Theta Λ:Lambda Ξ:Xi Π:Pi Σ:Sigma Φ:Phi Ψ:Psi Ω:Omega"
    .split(" ")
    .flatMap((pair): [string, string][] => {
      const [letter, name] = pair.split(":") as [string, string];
      return [
        [letter, `\\${name}`],
        [`${letter}′`, `\\${name}'`],
      ];
    }),
);

/** Signs that a text font of LaTeX lacks. */
const signs: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "−": "$-$",
  "·": "$\\cdot$",
  "⊙": "$\\odot$",
  "∂": "$\\partial$",
  Σ: "$\\Sigma$",
  "≤": "$\\le$",
  "≥": "$\\ge$",
  "→": "$\\to$",
  "⊕": "$\\oplus$",
  "✓": "$\\checkmark$",
  "✗": "$\\times$",
  ℝ: "$\\mathbb{R}$",
  "∧": "$\\wedge$",
  "∨": "$\\vee$",
  "¬": "$\\neg$",
  "′": "$'$",
  ⁿ: "$^{n}$",
  ᵃ: "$^{a}$",
  "½": "$\\tfrac{1}{2}$",
  "√": "$\\surd$",
  "⌊": "$\\lfloor$",
  "⌋": "$\\rfloor$",
  "≠": "$\\ne$",
  "∞": "$\\infty$",
  Π: "$\\Pi$",
  "≈": "$\\approx$",
  "…": "\\ldots{}",
  "—": "---",
  ᵀ: "$^{\\top}$",
  ᴸ: "$^{L}$",
  ˡ: "$^{l}$",
  "⁺": "$^{+}$",
  "⁻": "$^{-}$",
  ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].map((c, i) => [c, `$^{${i}}$`])),
};

/** Text in which a line may end behind the dot of a long name. */
export const prose = (text: string): string =>
  words(text).replace(/[^\s$]{20,}/gu, (name) => name.replace(/([./]|\\_)(?=\w)/gu, "$1\\allowbreak{}"));

/** Text of the user's, without what LaTeX would act on. */
export function words(text: string): string {
  return [...text.normalize("NFC")]
    .map((c) => {
      const hat = /^(.)\u0302$/u.exec(c.normalize("NFD"));
      if (hat) return `$\\hat{${signs[hat[1]!] ?? hat[1]!}}$`;
      return signs[c] ?? (greek[c] === undefined ? c : `$${greek[c]}$`);
    })
    .join("")
    .replace(/\p{Cc}/gu, " ");
}
