/** The handwritten digits. */
export interface Digits {
  readonly count: number;
  /** count × 64, from 0 to 1. */
  readonly image: Float32Array;
  readonly label: Int32Array;
}
export function loadDigits(): { readonly train: Digits; readonly test: Digits };
