/** A small seeded generator (mulberry32): the same product always looks the same. */
export interface Random {
  /** From `low` up to `high`. */
  between(low: number, high: number): number
  /** A whole number from 0 to `count` − 1. */
  below(count: number): number
  pick<T>(items: readonly [T, ...T[]]): T
}

export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    between: (low, high) => Math.round((low + next() * (high - low)) * 10) / 10,
    below: (count) => Math.floor(next() * count),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  }
}
