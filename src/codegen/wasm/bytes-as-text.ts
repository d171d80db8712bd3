/**
 * Bytes as characters that a string may hold as they are: `#` to `~` without `\`, which are 91. A byte below 89 is one of
 * them, any other is two. Most bytes of a module are small, so this is shorter than base64, and since a byte is always
 * the same text, a module compresses by a quarter better than in base64, whose characters straddle bytes.
 */
const first = 35;
const backslash = 92;
const single = 89;
const characters = 91;

const digit = (value: number): string =>
  String.fromCharCode(value + first < backslash ? value + first : value + first + 1);

export function bytesAsText(bytes: Uint8Array): string {
  const text = (byte: number): string => {
    if (byte < single) return digit(byte);
    const rest = byte - single;
    return digit(single + Math.floor(rest / characters)) + digit(rest % characters);
  };
  return Array.from(bytes, text).join("");
}

/**
 * The function of a module that reads it again: into an array of the right kind and without a function for each character,
 * since it runs once, before an engine has optimised anything.
 */
export const decodeBytes = `/** The bytes that a text stands for: a character each up to ${single - 1}, two for the others. */
function decodeBytes(text«: string»)«: Uint8Array» {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    let value = code - (code < ${backslash} ? ${first} : ${first + 1});
    if (value >= ${single}) {
      const next = text.charCodeAt(++at);
      value = ${single} + ${characters} * (value - ${single}) + next - (next < ${backslash} ? ${first} : ${first + 1});
    }
    bytes[length++] = value;
  }
  return bytes.slice(0, length);
}`;
