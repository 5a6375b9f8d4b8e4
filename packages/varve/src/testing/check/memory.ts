/**
 * What a walk down a tree knows: numbers for parts, results by number. What was learned below a branch is of no use
 * beside it, so it is forgotten on the way back: a walk of any length needs the room of one branch.
 */
export interface Known<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
}

export interface Numbers<T> {
  /** The number of this part, and of every equal one; no number is given twice. */
  idOf(part: T): number
  of(id: number): T
}

export interface Memory {
  known<K, V>(): Known<K, V>
  numbers<T>(keyOf: (part: T) => string): Numbers<T>
  mark(): number
  /** Forgets what came to be known since the mark. */
  forget(mark: number): void
}

export function createMemory(): Memory {
  const maps: Map<unknown, unknown>[] = []
  const keys: unknown[] = []

  function known<K, V>(): Known<K, V> {
    const map = new Map<K, V>()
    return {
      get: (key) => map.get(key),
      set(key, value) {
        map.set(key, value)
        maps.push(map as Map<unknown, unknown>)
        keys.push(key)
      },
    }
  }

  return {
    known,
    numbers<T>(keyOf: (part: T) => string): Numbers<T> {
      const ids = known<string, number>()
      const parts = known<number, T>()
      let count = 0
      return {
        idOf(part) {
          const key = keyOf(part)
          const equal = ids.get(key)
          if (equal !== undefined) return equal
          ids.set(key, count)
          parts.set(count, part)
          count += 1
          return count - 1
        },
        of: (id) => parts.get(id) as T,
      }
    },
    mark: () => keys.length,
    forget(mark) {
      while (keys.length > mark) maps.pop()?.delete(keys.pop())
    },
  }
}
