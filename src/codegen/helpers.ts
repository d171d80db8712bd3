/** Functions that a module carries only where it uses them. */
import {
  nestedType,
  shapesType,
  countRows,
  bindDimension,
  expectRows,
  copyValues,
  reading,
  copying,
  checkIntegers,
  checkDistribution,
  checkNumber,
  checkOption,
  refuseOptions,
} from "./input-helpers.ts";
import {
  cube,
  flush,
  sigmoid,
  inRange,
  powersOfTwo,
  betweenPowers,
  softplus,
  square,
  floorDivide,
  floorModulo,
  erf,
  uniform,
  exchangeValues,
} from "./math-helpers.ts";
import { stretches } from "./memory.ts";
import {
  fileType,
  findTensor,
  openTensors,
  property,
  readMetadata,
  readTensors,
  storedIn,
  storedType,
  typeOfStored,
  writeTensors,
} from "./safetensors.ts";
import type { TextBuilder } from "./text.ts";
import { decodeBytes } from "./wasm/bytes-as-text.ts";
import {
  compileKernels,
  fuseProducts,
  mayFuse,
  maySleep,
  platformType,
  requireSharing,
  startKernels,
  startThreads,
  webAssemblyType,
  workerCode,
} from "./wasm/host-helpers.ts";
import { gpuHelpers } from "./webgpu/helpers.ts";

interface Helper {
  readonly needs?: readonly string[];
  readonly code: string;
}

const helpers: ReadonlyMap<string, Helper> = new Map<string, Helper>([
  ["Nested", { code: nestedType }],
  ["Shapes", { code: shapesType }],
  ["WebAssembly", { code: webAssemblyType }],
  ["decodeBytes", { code: decodeBytes }],
  ["compileKernels", { code: compileKernels, needs: ["decodeBytes", "fuseProducts"] }],
  ["fuseProducts", { code: fuseProducts }],
  ["mayFuse", { code: mayFuse }],
  ["startKernels", { code: startKernels }],
  ["requireSharing", { code: requireSharing }],
  ["Platform", { code: platformType }],
  ["workerCode", { code: workerCode }],
  ["maySleep", { code: maySleep }],
  ["startThreads", { code: startThreads, needs: ["Platform", "workerCode", "maySleep"] }],
  ["sigmoid", { code: sigmoid }],
  ["powersOfTwo", { code: powersOfTwo }],
  ["inRange", { code: inRange }],
  ["betweenPowers", { code: betweenPowers }],
  ["square", { code: square }],
  ["cube", { code: cube }],
  ["flush", { code: flush }],
  ["softplus", { code: softplus }],
  ["erf", { code: erf }],
  ["uniform", { code: uniform }],
  ["floorDivide", { code: floorDivide }],
  ["floorModulo", { code: floorModulo }],
  ["exchangeValues", { code: exchangeValues }],
  ["stretches", { code: stretches }],
  ["countRows", { code: countRows, needs: ["Nested"] }],
  ["bindDimension", { code: bindDimension }],
  ["expectRows", { code: expectRows }],
  ["copyValues", { code: copyValues, needs: ["Nested"] }],
  ["readFloats", { code: reading("readFloats", "Float32Array", "number"), needs: ["copyValues"] }],
  ["readIntegers", { code: reading("readIntegers", "Int32Array", "number"), needs: ["copyValues"] }],
  ["readFlags", { code: reading("readFlags", "Uint8Array", "number | boolean"), needs: ["copyValues"] }],
  ["copyFloats", { code: copying("copyFloats", "Float32Array", "number"), needs: ["copyValues"] }],
  ["copyIntegers", { code: copying("copyIntegers", "Int32Array", "number"), needs: ["copyValues"] }],
  ["copyFlags", { code: copying("copyFlags", "Uint8Array", "number | boolean"), needs: ["copyValues"] }],
  ["checkIntegers", { code: checkIntegers }],
  ["checkDistribution", { code: checkDistribution }],
  ["checkNumber", { code: checkNumber }],
  ["checkOption", { code: checkOption }],
  ["refuseOptions", { code: refuseOptions }],
  ["Stored", { code: storedType }],
  ["TensorFile", { code: fileType }],
  ["property", { code: property }],
  ["storedIn", { code: storedIn, needs: ["Stored", "Shapes", "property"] }],
  ["storedTypeOf", { code: typeOfStored }],
  ["writeTensors", { code: writeTensors, needs: ["Stored", "storedTypeOf"] }],
  ["openTensors", { code: openTensors, needs: ["TensorFile", "property"] }],
  ["readMetadata", { code: readMetadata, needs: ["TensorFile", "property"] }],
  ["findTensor", { code: findTensor, needs: ["TensorFile", "Stored", "storedTypeOf", "property"] }],
  ["readTensors", { code: readTensors, needs: ["findTensor"] }],
  ...gpuHelpers,
]);

/** Prints the helpers that are used and those that they need, in the order of the table. */
export function printHelpers(used: ReadonlySet<string>, out: TextBuilder): void {
  const wanted = new Set<string>();
  const want = (name: string): void => {
    const helper = helpers.get(name);
    if (!helper) throw new Error(`there is no helper \`${name}\``);
    if (wanted.has(name)) return;
    wanted.add(name);
    helper.needs?.forEach(want);
  };
  used.forEach(want);
  for (const [name, { code }] of helpers) {
    if (wanted.has(name)) out.block(code);
  }
}

/** Those that a module for any target may have. */
export const helperNames: readonly string[] = [...helpers.keys()].filter((name) => !gpuHelpers.has(name));
