/** Functions with which a module takes and checks its inputs. Types stand between « and ». */

export const nestedType = `«/** Values in row-major order: one array of them all, or arrays of arrays as the shape says. */
type Nested<T> = ArrayLike<T> | readonly Nested<T>[];»`;

export const shapesType = `«/** Extents by name; those known only at run time are names themselves. */
type Shapes = Readonly<Record<string, readonly (number | string)[]>>;»`;

export const countRows = `/** How many rows of \`size\` values an input has; an array of arrays has one for each. */
function countRows(model«: string», name«: string», values«: Nested<number | boolean>», size«: number», shape«: string»)«: number» {
  if (values === undefined) throw new TypeError(\`\${model}: input "\${name}" is missing\`);
  if (values === null || typeof values !== "object" || typeof values.length !== "number") {
    throw new TypeError(\`\${model}: input "\${name}" must be an array of the shape \${shape}\`);
  }
  if (values.length === 0) throw new RangeError(\`\${model}: input "\${name}" is empty\`);
  if (typeof values[0] === "object") return values.length;
  if (values.length % size !== 0) {
    throw new RangeError(
      \`\${model}: input "\${name}" has \${values.length} values, but its shape \${shape} needs a multiple of \${size}\`,
    );
  }
  return values.length / size;
}`;

export const bindDimension = `/** The size of a dimension, from the rows of the input that shows it. */
function bindDimension(model«: string», dimension«: string», count«: number», least«: number», most«: number», name«: string»)«: number» {
  if (!Number.isInteger(count) || count < least) {
    const needed = \`\${dimension} must be a whole number of at least \${least}\`;
    throw new RangeError(\`\${model}: input "\${name}" makes \${dimension} \${count}, but \${needed}\`);
  }
  if (count > most) {
    throw new RangeError(\`\${model}: \${dimension} is \${count}, but at most \${most} fits\`);
  }
  return count;
}`;

export const expectRows = `/** Checks the rows of an input against what the other inputs and the shape say. */
function expectRows(model«: string», name«: string», rows«: number», expected«: number», meaning«: string»)«: void» {
  if (rows === expected) return;
  const wanted = meaning === "" ? \`its shape needs \${expected}\` : \`\${meaning} is \${expected}\`;
  throw new RangeError(\`\${model}: input "\${name}" has \${rows} rows, but \${wanted}\`);
}`;

export const copyValues = `/** Copies values into \`target\` from \`at\` on; \`inner\` holds the extents behind this level. Gives where it ended. */
function copyValues(model«: string», name«: string», values«: Nested<number | boolean>», target«: Float32Array | Int32Array | Uint8Array», inner«: readonly number[]», level«: number», at«: number»)«: number» {
  const takesFlags = target instanceof Uint8Array;
  const takesFloats = target instanceof Float32Array;
  for (let i = 0; i < values.length; i++) {
    const item = values[i];
    if (typeof item === "object" && item !== null && level < inner.length) {
      let size = inner[level];
      if (typeof item[0] !== "object") for (let d = level + 1; d < inner.length; d++) size *= inner[d];
      if (item.length !== size) {
        throw new RangeError(
          \`\${model}: input "\${name}" holds an array of \${item.length}, but its shape needs \${size}\`,
        );
      }
      at = copyValues(model, name, item, target, inner, level + 1, at);
    } else if (typeof item === "number" || (takesFlags && typeof item === "boolean")) {
      const number = Number(item);
      target[at] = number;
      if (takesFlags ? number !== 0 && number !== 1 : !takesFloats && target[at] !== number) {
        const needed = takesFlags ? "true or false" : "an integer";
        throw new RangeError(\`\${model}: \${name}[\${at}] is \${item}, but it must be \${needed}\`);
      }
      at++;
    } else {
      const needed = takesFlags ? "a boolean" : "a number";
      throw new TypeError(\`\${model}: \${name}[\${at}] is \${String(item)}, but it must be \${needed}\`);
    }
  }
  return at;
}`;

export const reading = (
  name: string,
  array: string,
  element: string,
): string => `/** The values themselves where they are a ${array} of the caller's, else a copy in \`buffer\`. \`latest\`: what the call before gave. */
function ${name}(model«: string», name«: string», values«: Nested<${element}>», latest«: ${array}», buffer«: ${array}», inner«: readonly number[]», count«: number»)«: ${array}» {
  if (values === latest) return latest;
  if (values instanceof ${array} && values.buffer !== buffer.buffer) return values;
  const copied = copyValues(model, name, values, buffer, inner, 0, 0);
  if (copied !== count) {
    throw new RangeError(\`\${model}: input "\${name}" has \${copied} values, but its shape needs \${count}\`);
  }
  return buffer;
}`;

export const copying = (
  name: string,
  array: string,
  element: string,
): string => `/** Puts the values into \`buffer\`. */
function ${name}(model«: string», name«: string», values«: Nested<${element}>», buffer«: ${array}», inner«: readonly number[]», count«: number»)«: ${array}» {
  if (values instanceof ${array}) {
    buffer.set(values);
    return buffer;
  }
  const copied = copyValues(model, name, values, buffer, inner, 0, 0);
  if (copied !== count) {
    throw new RangeError(\`\${model}: input "\${name}" has \${copied} values, but its shape needs \${count}\`);
  }
  return buffer;
}`;

export const checkIntegers = `/** Checks that integers lie between 0 and below − 1. */
function checkIntegers(model«: string», name«: string», values«: Int32Array», count«: number», below«: number»)«: void» {
  for (let i = 0; i < count; i++) {
    if (values[i] >= 0 && values[i] < below) continue;
    const needed = \`it must be an integer from 0 to \${below - 1}\`;
    throw new RangeError(\`\${model}: \${name}[\${i}] is \${values[i]}, but \${needed}\`);
  }
}`;

export const checkDistribution = `/** Checks that each row is a distribution: nothing negative, and a sum of 1. */
function checkDistribution(model«: string», name«: string», values«: Float32Array», count«: number», size«: number»)«: void» {
  for (let row = 0; row < count; row += size) {
    let sum = 0;
    for (let i = row; i < row + size; i++) {
      if (values[i] < 0) {
        throw new RangeError(\`\${model}: \${name}[\${i}] is \${values[i]}, but no probability is negative\`);
      }
      sum += values[i];
    }
    if (!(Math.abs(sum - 1) <= 1e-4)) {
      throw new RangeError(\`\${model}: row \${row / size} of "\${name}" sums to \${sum}, but a distribution sums to 1\`);
    }
  }
}`;

export const checkNumber = `/** A single number that an input is. */
function checkNumber(model«: string», name«: string», value«: number | boolean», below«: number»)«: number» {
  if (value === undefined) throw new TypeError(\`\${model}: input "\${name}" is missing\`);
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new TypeError(\`\${model}: input "\${name}" must be a number\`);
  }
  const number = Number(value);
  if (below >= 0 && !(Number.isInteger(number) && number >= 0 && number < below)) {
    throw new RangeError(\`\${model}: \${name} is \${number}, but it must be an integer from 0 to \${below - 1}\`);
  }
  return number;
}`;

export const refuseOptions = `/** What only modules of WebAssembly can do is refused, not left undone. */
function refuseOptions(model«: string», options«: object | undefined»)«: void» {
  for (const [name, value] of Object.entries(options ?? {})) {
    const asks = name === "threads" ? value !== undefined && value !== 1 : name === "relaxed" && value === true;
    if (asks) throw new TypeError(\`\${model}: the option "\${name}" needs a module of WebAssembly, but this is none\`);
  }
}`;

export const checkOption = `/** An integer that \`create\` was given. */
function checkOption(model«: string», name«: string», value«: number», least«: number», most«: number»)«: number» {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(\`\${model}: \${name} is \${value}, but it must be an integer from \${least} to \${most}\`);
}`;
