import type { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import type { Dot, Position, StreamName } from 'varve/core'
import { describe, expect, it } from 'vitest'
import { openLogFile } from './open.ts'
import { ensureSchema } from './schema.ts'
import { type Asked, createTouches } from './touches.ts'

const log = 1

interface Placed extends Pick<Asked, 'dot' | 'parent'> {
  readonly position: Position
  readonly streams: readonly StreamName[]
}

/** A log's touches in a file, and the same as a list to be searched by brute force. */
function twoBooks(db: DatabaseSync) {
  const touches = createTouches(db)
  const insertLineage = db.prepare(
    'INSERT INTO lineages (log, replica, counter, parent, bound) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET counter = excluded.counter',
  )
  const placed: Placed[] = []
  const firstOf = (replica: string) => placed.find(({ dot }) => dot.replica === replica)

  function place(dot: Dot, parent: Dot | null, streams: readonly StreamName[]): void {
    const position = placed.length + 1
    touches.add(log, streams, { dot, parent }, position)
    insertLineage.run(log, dot.replica, dot.counter, parent?.replica ?? null, parent?.counter ?? null)
    placed.push({ dot, parent, position, streams })
  }

  function isOwn({ dot, parent }: Pick<Asked, 'dot' | 'parent'>, asked: Dot): boolean {
    if (asked.replica === dot.replica) return true
    for (
      let at = firstOf(dot.replica)?.parent ?? parent;
      at !== null;
      at = firstOf(at.replica)?.parent ?? null
    )
      if (at.replica === asked.replica && asked.counter <= at.counter) return true
    return false
  }

  function bruteForce(asked: Asked): [StreamName, Position][] {
    return asked.guards.flatMap(({ stream, kind }): [StreamName, Position][] => {
      const last = placed.findLast(({ streams, dot }) => streams.includes(stream) && !isOwn(asked, dot))
      return kind === 'serial' && last !== undefined && last.position > asked.base
        ? [[stream, last.position]]
        : []
    })
  }

  return { touches, placed, place, bruteForce }
}

const streams = ['x/1', 'y/1', 'z/1']
const guardsOf = (names: readonly StreamName[], kind: 'serial' | 'commute' = 'serial') =>
  names.map((stream) => ({ stream, revision: 0, kind }))

const step = fc.record({
  /** Which of the placed dots is continued, and whether by a new replica. */
  after: fc.nat(),
  branch: fc.boolean(),
  writes: fc.subarray(streams),
  reads: fc.subarray(streams),
  kind: fc.constantFrom('serial' as const, 'commute' as const),
  base: fc.nat(),
})

describe('touches', () => {
  it('V3 find the same as a search through all entries, whoever continues whom, and in a file of schema 1', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const db = openLogFile(':memory:')
        const { touches, placed, place, bruteForce } = twoBooks(db)
        for (const [n, { after, branch, writes, reads, kind, base }] of steps.entries()) {
          const before = placed[after % (placed.length + 1)]?.dot ?? null
          const counter =
            placed.findLast(({ dot }) => dot.replica === before?.replica)?.dot.counter ?? Number.NaN
          const isNew = branch || before === null
          const dot = isNew
            ? { replica: `r${n}`, counter: 1 }
            : { replica: before.replica, counter: counter + 1 }
          const parent = isNew ? before : null
          const asked = { dot, parent, base: base % (placed.length + 1), guards: guardsOf(reads, kind) }
          expect([...touches.disturbedAt(log, asked)]).toEqual(bruteForce(asked))
          place(dot, parent, writes)
        }
        const all = () => db.prepare('SELECT * FROM touches').all()
        const right = all()
        db.exec('ALTER TABLE touches RENAME COLUMN foreign_at TO other')
        db.exec("UPDATE touches SET other = 1; DROP TABLE applied; UPDATE meta SET value = '1'")
        ensureSchema(db)
        expect(all()).toEqual(right)
        db.close()
      }),
      { numRuns: 300 },
    )
  })

  it('V3 are looked at twice per guard at most, and a lineage is read once per push, however long it is', () => {
    const counted = countingFile()
    const { touches, place, placed } = twoBooks(counted.db)
    const names = Array.from({ length: 200 }, (_, n) => `s/${n}`)
    let parent: Dot | null = null
    for (let n = 0; n < 500; n++) {
      const dot = { replica: `r${n}`, counter: 1 }
      place(dot, parent, n % 100 === 0 ? names : ['s/0'])
      parent = dot
    }
    counted.reset()
    touches.forget()
    // A push of 20 commits, each of a new replica that continues the one before.
    for (let n = 500; n < 520; n++) {
      const dot = { replica: `r${n}`, counter: 1 }
      expect(touches.disturbedAt(log, { dot, parent, base: 0, guards: guardsOf(names) }).size).toBe(0)
      place(dot, parent, names)
      parent = dot
    }
    expect(placed).toHaveLength(520)
    // The lineage; then per commit: each guard, each stream written (a look and a row), and what it continues.
    expect(counted.rows()).toBeLessThanOrEqual(500 + 20 * (names.length * 3 + 4))
  })
})

/** A file that counts the rows that its statements read and write. */
function countingFile() {
  const file = openLogFile(':memory:')
  let rows = 0
  const prepare = (sql: string) => {
    const statement = file.prepare(sql)
    const counted = <T>(result: T): T => {
      rows += Array.isArray(result) ? result.length : 1
      return result
    }
    return {
      get: (...values: never[]) => counted(statement.get(...values)),
      all: (...values: never[]) => counted(statement.all(...values)),
      run: (...values: never[]) => counted(statement.run(...values)),
    }
  }
  return {
    db: { prepare } as unknown as DatabaseSync,
    rows: () => rows,
    reset: () => {
      rows = 0
    },
  }
}
