/**
 * Before any test: makes a Vulkan driver known that runs on the processor, so that the package `webgpu` finds an adapter in
 * the processes of the tests. The loader of dynamic libraries reads these variables when a process starts.
 */
import { chromiumFolder } from "./chromium.ts";

export default async function setup(): Promise<void> {
  let folder: string;
  try {
    folder = await chromiumFolder();
  } catch (error) {
    if (process.env.CI === "true") throw error;
    console.warn(`No software adapter can be unpacked here, so WGSL is not executed: ${String(error)}`);
    return;
  }
  process.env.VK_ICD_FILENAMES ??= `${folder}/vk_swiftshader_icd.json`;
  process.env.XDG_RUNTIME_DIR ??= folder;
  process.env.LD_LIBRARY_PATH = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
}
