/**
 * Tests in a real browser: `describeInBrowser` starts one for a group of tests, and `visit` opens a page of files that
 * the test gives. Where no browser can be had the tests are skipped, with a warning; with `CI=true` they fail.
 */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { launchChromium } from "./chromium.ts";
import type { Site } from "./site.ts";
import { serve } from "./site.ts";

export { strictPolicy } from "./site.ts";

export interface Visit {
  readonly page: Page;
  /** What went wrong in the page: messages of `console.error`, refused requests, uncaught exceptions. */
  readonly errors: string[];
}

export interface BrowserOfTest {
  /** Opens `/index.html` in a context of its own, and closes all of it when `use` is done. */
  visit<Result>(site: Site, use: (visit: Visit) => Promise<Result>): Promise<Result>;
}

/** A group of tests with a browser. `switches`: of Chromium, beside those that any test needs. */
export function describeInBrowser(
  name: string,
  define: (browser: BrowserOfTest) => void,
  switches: readonly string[] = [],
): void {
  describe(name, () => {
    let browser: Browser | undefined;
    let reason = "";
    beforeAll(async () => {
      try {
        browser = await launchChromium(switches);
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
        if (process.env.CI === "true") throw error;
        console.warn(`SKIPPED, since no browser starts here: ${name}\n${reason}`);
      }
    }, 120_000);
    beforeEach((context) => {
      if (!browser) context.skip(`no browser: ${reason}`);
    });
    afterAll(() => browser?.close());
    define({ visit: (site, use) => visit(browser!, site, use) });
  });
}

async function visit<Result>(
  browser: Browser,
  site: Site,
  use: (visit: Visit) => Promise<Result>,
): Promise<Result> {
  const server = await serve(site);
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    page.on("pageerror", (error) => void errors.push(String(error)));
    await page.goto(`${server.origin}/`);
    return await use({ page, errors });
  } finally {
    await context.close();
    await server.close();
  }
}
