import { expect, test } from "vitest";
import { bytesAsText, decodeBytes } from "../../src/codegen/wasm/bytes-as-text.ts";

test("all bytes come back, and their text needs no escape", async () => {
  const code = `export ${decodeBytes.replace(/^\/\*\*.*\n/, "").replace(/«[^»]*»/g, "")}`;
  const { decodeBytes: decode } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    decodeBytes(text: string): Uint8Array;
  };
  const bytes = Uint8Array.from({ length: 1024 }, (_, i) => (i < 512 ? i : i * 7919));
  const text = bytesAsText(bytes);
  expect(text).toMatch(/^[#-[\]-~]+$/);
  expect(decode(text)).toEqual(bytes);
});
