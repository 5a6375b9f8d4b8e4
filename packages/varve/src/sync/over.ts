/**
 * Whether a failure says of the store that it is gone, of a newer program, or set back (`store_…`): then it writes no
 * more, its status says why, and another tab must lead. This is loaded before a store is open, so it is short.
 */
export function isOver(failure: unknown): boolean {
  return /^store_/.test((failure as { readonly code?: string } | null)?.code ?? '')
}
