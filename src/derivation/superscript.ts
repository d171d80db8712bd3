/** Raised digits and letters. */
const digits: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."0123456789"].map((d, i) => [d, [..."⁰¹²³⁴⁵⁶⁷⁸⁹"][i]!])),
  "+": "⁺",
  "-": "⁻",
  l: "ˡ",
  L: "ᴸ",
};

/** `2` as ², `l+1` as ˡ⁺¹. */
export function superscript(text: string): string {
  return [...text].map((c) => digits[c] ?? c).join("");
}
