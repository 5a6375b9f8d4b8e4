/**
 * The wish journal: a second, small memory of a store, in a database of its own, for the case that the first does not
 * answer because a frozen tab holds a transaction in it. A wish that was saved here is acknowledged, and is carried out
 * on the log later, exactly once; then it is removed. It is a wish, not a decision: nobody could have read what it
 * would be decided on.
 */
import type { LogId, Position } from '../core/dot.ts'
import type { DispatchRequest } from '../core/query.ts'

export interface SavedWish {
  /** The request's seed: a wish is saved once, however often that is asked for. */
  readonly seed: string
  readonly log: LogId
  /** With the commands as they were validated. */
  readonly request: DispatchRequest
  readonly actor: string | null
  /** The position of the log as the tab knew it: if it was carried out, it is pending or placed after this. */
  readonly after: Position
  /** Wishes of one tab are carried out in this order: ms since 1970, each later than the one before. */
  readonly order: number
}

/** Every function is one strict transaction. */
export interface WishJournal {
  add(wish: SavedWish): Promise<void>
  /** In their order. */
  read(): Promise<readonly SavedWish[]>
  /** Also if it is not there. */
  remove(seed: string): Promise<void>
  close(): Promise<void>
}

export function inOrder(wishes: readonly SavedWish[]): readonly SavedWish[] {
  return [...wishes].sort((a, b) => a.order - b.order)
}

/** In memory; handles on one map share it, as tabs do. */
export function memoryWishJournal(wishes = new Map<string, SavedWish>()): WishJournal {
  return Object.freeze({
    async add(wish: SavedWish) {
      if (!wishes.has(wish.seed)) wishes.set(wish.seed, structuredClone(wish))
    },
    read: async () => inOrder([...wishes.values()].map((wish) => structuredClone(wish))),
    async remove(seed: string) {
      wishes.delete(seed)
    },
    async close() {},
  })
}
