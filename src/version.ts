/** The version of the package, which generated modules name in their header. A test compares it with package.json. */
export const version = "0.1.0";
