/** What a module needs to start WebAssembly. Types stand between « and ». */

export const webAssemblyType = `«/** What the platform has of WebAssembly, as far as it is used here. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
declare function atob(text: string): string;»`;

export const decodeBase64 = `/** The bytes that base64 text stands for. */
function decodeBase64(text«: string»)«: Uint8Array» {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}`;
