/**
 * What a walk down a tree knows: numbers for parts, results by number. What was learned below a branch is of no use
 * beside it, so it is forgotten on the way back: a walk of any length needs the room of one branch.
 */
export interface Known<V> {
  get(key: number): V | undefined
  set(key: number, value: V): void
}

export interface Numbers<T> {
  /** The number of this part, and of every equal one; no number is given twice. */
  idOf(part: T): number
  of(id: number): T
}

export interface Memory {
  known<V>(): Known<V>
  numbers<T>(keyOf: (part: T) => string | number): Numbers<T>
  mark(): number
  /** Forgets what came to be known since the mark. */
  forget(mark: number): void
}

export function createMemory(): Memory {
  const maps: Map<string | number, unknown>[] = []
  const keys: (string | number)[] = []

  function learn<V>(map: Map<string | number, V>, key: string | number, value: V): void {
    map.set(key, value)
    maps.push(map)
    keys.push(key)
  }

  return {
    known<V>(): Known<V> {
      const map = new Map<string | number, V>()
      return { get: (key) => map.get(key), set: (key, value) => learn(map, key, value) }
    },
    numbers<T>(keyOf: (part: T) => string | number): Numbers<T> {
      const ids = new Map<string | number, number>()
      const parts: T[] = []
      return {
        idOf(part) {
          const key = keyOf(part)
          const equal = ids.get(key)
          if (equal !== undefined) return equal
          // Those that were forgotten were the last ones: their numbers are free again.
          const id = ids.size
          learn(ids, key, id)
          parts.length = id
          parts.push(part)
          return id
        },
        of: (id) => parts[id] as T,
      }
    },
    mark: () => keys.length,
    forget(mark) {
      while (keys.length > mark) maps.pop()?.delete(keys.pop() as string | number)
    },
  }
}

/** One number for two: a key. RangeError if they are too large for that. */
export function pairOf(first: number, second: number): number {
  if (first >= firstMax || second >= secondMax) throw new RangeError(`no key for ${first} and ${second}`)
  return (first + 1) * secondMax + second
}

const secondMax = 2 ** 26
const firstMax = Number.MAX_SAFE_INTEGER / secondMax - 1
