/** A function that a shader carries only where it is called. */
export interface Helper {
  readonly text: string;
  /** Names of the others that it calls. */
  readonly calls?: readonly string[];
}
