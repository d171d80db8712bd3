/** The GPU of this machine: Dawn in Node, what Chrome has. */
import { create, globals } from "webgpu";

/** One for each process: it must live as long as its devices. */
let gpu;

/** The adapter, and a device with room for large matrices; null where there is none. */
export async function openAdapter() {
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return null;
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  device.addEventListener("uncapturederror", ({ error }) => {
    throw new Error(error.message);
  });
  return { adapter, device };
}

const shown = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
];

/** What the adapter says of itself, for people and for files. */
export function describe({ info, limits, features }) {
  const { vendor, architecture, device, description, isFallbackAdapter = false } = info;
  return {
    vendor,
    architecture,
    device,
    description,
    isSoftware: isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(`${architecture} ${description}`),
    limits: Object.fromEntries(shown.map((name) => [name, limits[name]])),
    features: [...features],
  };
}
