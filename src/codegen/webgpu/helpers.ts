/** The functions and classes that only a module for a GPU carries, and what each needs. */
import {
  allocateBuffers,
  checkLimits,
  compileShaders,
  openDevice,
  placeType,
  shaderType,
} from "./host-device.ts";
import { needsType, openSession, sessionClass } from "./host-session.ts";
import { bits, ringClass, slicesOf, submissionClass } from "./host-submission.ts";
import {
  codecType,
  deviceTensor,
  deviceTensorType,
  firstOf,
  flags,
  floats,
  integers,
  partOfBuffer,
  wholeBuffer,
  words,
} from "./host-tensors.ts";

export interface GpuHelper {
  readonly needs?: readonly string[];
  readonly code: string;
}

export const gpuHelpers: ReadonlyMap<string, GpuHelper> = new Map<string, GpuHelper>([
  ["DeviceTensor", { code: deviceTensorType }],
  ["Place", { code: placeType }],
  ["Shader", { code: shaderType }],
  ["Needs", { code: needsType }],
  ["deviceTensor", { code: deviceTensor, needs: ["DeviceTensor", "Codec"] }],
  ["Codec", { code: codecType }],
  ["floats", { code: floats, needs: ["Codec"] }],
  ["integers", { code: integers, needs: ["Codec"] }],
  ["flags", { code: flags, needs: ["Codec"] }],
  ["whole", { code: wholeBuffer, needs: ["Place"] }],
  ["part", { code: partOfBuffer, needs: ["Place"] }],
  ["first", { code: firstOf, needs: ["Place"] }],
  ["words", { code: words }],
  ["bits", { code: bits }],
  [
    "openSession",
    { code: openSession, needs: ["openDevice", "compileShaders", "allocateBuffers", "Session"] },
  ],
  ["openDevice", { code: openDevice, needs: ["checkLimits"] }],
  ["checkLimits", { code: checkLimits }],
  ["compileShaders", { code: compileShaders, needs: ["Shader"] }],
  ["allocateBuffers", { code: allocateBuffers }],
  ["Session", { code: sessionClass, needs: ["Submission", "Ring", "Needs"] }],
  ["Submission", { code: submissionClass, needs: ["Place"] }],
  ["Ring", { code: ringClass, needs: ["slicesOf"] }],
  ["slicesOf", { code: slicesOf }],
]);

/** What such a module declares beside these, and what it uses of the platform. */
export const gpuWords: readonly string[] =
  `Kept Pipelines RecordCall Waiting word wordsOf wordsLike ArrayBuffer Event GPU GPUBindGroup GPUBindGroupLayout
  GPUBindGroupLayoutEntry GPUBuffer GPUCommandEncoder GPUComputePassEncoder GPUComputePipeline GPUDevice
  GPUUncapturedErrorEvent Int32Array Promise Reflect Uint32Array clearInterval console globalThis setInterval setTimeout structuredClone`.split(
    /\s+/,
  );

/** Local variables and private members of its class, which no dimension may shadow and no kernel may be hidden by. */
export const gpuLocals: readonly string[] =
  `addGradients batches call chunk chunks count decode device entries exchange from given gradients gpu hyper initialise
  inputs isAccumulating isExchanged keepResults look losses memory metadata most name needs open opened options parameters
  pass places requireInPlace results rows run runBackward runEvaluate runForward runStatistics runUpdate scaleGradients
  shared spare states step steps stored submission sums takeInputs takeTrainingInputs tensors upstream values writeInputs
  writeTrainingInputs`.split(/\s+/);

export const platformNote =
  'It needs WebGPU, and its types: the lib "dom" of TypeScript 6 and later has them; with 5.9, install @webgpu/types.';
