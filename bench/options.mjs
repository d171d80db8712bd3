/** What a command is called with. */
import { parseArgs } from "node:util";

/** Ends the run because of how it was called. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}

/** Options of text, each with its default. */
export function given(defaults) {
  const options = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]),
  );
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return refuse(error.message);
  }
}

/** The parts of a list, each of which must be known; "none" is the empty list. */
export function chosen(option, text, known) {
  const parts = text === "none" ? [] : text.split(",");
  const wrong = parts.find((part) => !known.includes(part));
  if (wrong !== undefined) refuse(`--${option}: "${wrong}" is none of ${known.join(", ")}`);
  return parts;
}

export function positive(option, text) {
  const value = Number(text);
  if (!(value > 0)) refuse(`--${option} must be a positive number`);
  return value;
}
