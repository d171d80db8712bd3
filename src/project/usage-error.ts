/** A mistake in how nnc was called: reported as one line, without a stack. */
export class UsageError extends Error {}
