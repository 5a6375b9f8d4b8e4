/**
 * A point at which everything may end: between two steps that must not depend on each other having happened. It does
 * nothing, and no build keeps a trace of it (scripts/sizes.mjs looks). The kill tests (e2e/kill) build the worker with
 * another file in place of this one, which stops there until the test kills it or lets it go on.
 *
 * @param point what has just happened or is about to
 * @param of what it happens to: the name of a write, the type of a message of the wire, a message to the page
 */
/* @__NO_SIDE_EFFECTS__ */
export function barrier(_point: string, _of?: unknown): void {}
