/** A `.nn` file imported as text: the standard library travels inside the bundle. */
declare module "*.nn?raw" {
  const text: string;
  export default text;
}

/** A file of a template, as text. */
declare module "*.txt?raw" {
  const text: string;
  export default text;
}
