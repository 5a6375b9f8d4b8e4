/** A seeded source of randomness: one seed, one run (sfc32, after Chris Doty-Humphrey's PractRand). */
export interface SeededRandom {
  /** In [0, 1). */
  next(): number
  /** An integer in [0, n). */
  below(n: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

export function seededRandom(seed: number): SeededRandom {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const bits = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) bits()
  const next = (): number => bits() / 2 ** 32
  return Object.freeze({
    next,
    below: (n: number) => Math.floor(next() * n),
    chance: (probability: number) => next() < probability,
    pick<T>(items: readonly T[]): T {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[Math.floor(next() * items.length)] as T
    },
  })
}
