/**
 * The headless browser of the npm package `@sparticuz/chromium`, which carries it packed: it is unpacked once into the
 * folder for temporary files. `CHROMIUM=/path/to/chromium` names another one.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";
import ours from "../../package.json";

const switches = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser; `more`: further switches. Throws where there is none for this machine. */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  const options = { headless: true, args: [...switches, ...more] };
  if (process.env.CHROMIUM !== undefined)
    return chromium.launch({ ...options, executablePath: process.env.CHROMIUM });
  const folder = await chromiumFolder();
  const executablePath = join(folder, "chromium");
  try {
    return await chromium.launch({ ...options, executablePath });
  } catch (error) {
    if (!String(error).includes("error while loading shared libraries")) throw error;
    // A bare machine has no NSS; the package brings one.
    const path = [join(folder, "al2023", "lib"), process.env.LD_LIBRARY_PATH ?? ""].join(":");
    return chromium.launch({ ...options, executablePath, env: { ...process.env, LD_LIBRARY_PATH: path } });
  }
}

/** The folder with the browser and with SwiftShader, a Vulkan driver in software. Several processes may unpack at once: the first that is done wins. */
export async function chromiumFolder(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const version = ours.devDependencies["@sparticuz/chromium"];
  const folder = join(tmpdir(), `nnc-chromium-${version}-${userInfo().username}`);
  if (existsSync(folder)) return folder;
  await mkdir(tmpdir(), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  // The package unpacks into the folder for temporary files, and its libraries only where it takes itself to be on
  // Amazon's machines; so it runs in a process with such an environment.
  const unpack = `import(${JSON.stringify(pathToFileURL(entry))}).then((m) => m.default.executablePath())`;
  const env = { ...process.env, TMPDIR: staging, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
  try {
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", unpack], { env });
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
