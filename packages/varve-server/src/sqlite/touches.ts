/**
 * Which streams were written to by whom (table `touches`), and so which serial guards of a commit somebody else has
 * disturbed after its base (rule A5).
 *
 *   stream x    a1@1  b1@2  b2@3  r1@4 (continues b2)  r2@5       position
 *   foreign_at    –     1     1     1                    1        the last touch before it that is foreign to its author
 *
 * Two looks are enough for a guard, however many wrote to the stream: at the last touch, and, if that is of the
 * commit's own lineage, at its `foreign_at`. For what lies between the two is of the lineage of the touch's author, which
 * is the older part of the commit's; and what is foreign to that author is foreign to the commit too, for whatever the
 * commit's lineage has more was placed after the touch (rules A3, A4).
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Commit, Dot, Entry, Position, ReplicaId, StreamName, Touch } from 'varve/core'
import type { TouchPage } from '../log-port.ts'
import { type Author, type Bounds, createLineages } from './lineages.ts'

interface TouchRow extends Dot {
  readonly position: Position
  readonly foreignAt: Position | null
}

interface TouchingRow extends Dot {
  readonly body: string
}

export type Asked = Pick<Commit, 'dot' | 'parent' | 'base' | 'guards'>

/** Whoever asks what is foreign. */
interface Self {
  readonly replica: ReplicaId
  readonly ownBounds: () => Bounds
}

export interface Touches {
  /** For each serial guard that was disturbed: the last foreign position. */
  disturbedAt(log: number, commit: Asked): ReadonlyMap<StreamName, Position>
  /** The last foreign position after one, or null. */
  lastForeign(log: number, stream: StreamName, author: Author, after: Position): Position | null
  /** Entries that wrote to a stream, ascending, and whether they are foreign to the author. */
  touching(log: number, stream: StreamName, author: Author, page: TouchPage): readonly Touch[]
  /** A commit was placed that wrote to these streams. */
  add(log: number, streams: Iterable<StreamName>, author: Author, position: Position): void
  /** What was written since the last call may have been undone. */
  forget(): void
}

export function createTouches(db: DatabaseSync): Touches {
  const selectLast = db.prepare(
    'SELECT position, replica, counter, foreign_at AS foreignAt FROM touches WHERE log = ? AND stream = ? ORDER BY position DESC LIMIT 1',
  )
  const insert = db.prepare(
    'INSERT INTO touches (log, stream, position, replica, counter, foreign_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const selectTouching = db.prepare(
    `SELECT replica, counter, body FROM touches CROSS JOIN entries USING (log, position)
     WHERE log = ? AND stream = ? AND position > ? AND position <= ? ORDER BY position LIMIT ?`,
  )
  const lineages = createLineages(db)

  function lastForeign(log: number, stream: StreamName, self: Self, after: Position): Position | null {
    const last = selectLast.get(log, stream) as TouchRow | undefined
    if (last === undefined || last.position <= after) return null
    const position = isOwn(self, last) ? last.foreignAt : last.position
    return position === null || position <= after ? null : position
  }

  /** The lineage is read only if somebody asks: most guards were touched last by their author, or not since. */
  function selfOf(log: number, author: Author): Self {
    let bounds: Bounds | null = null
    const ownBounds = (): Bounds => {
      bounds ??= lineages.boundsOf(log, author)
      return bounds
    }
    return { replica: author.dot.replica, ownBounds }
  }

  function disturbedAt(log: number, commit: Asked): ReadonlyMap<StreamName, Position> {
    const found = new Map<StreamName, Position>()
    const self = selfOf(log, commit)
    for (const { stream, kind } of commit.guards) {
      const position = kind === 'commute' ? null : lastForeign(log, stream, self, commit.base)
      if (position !== null) found.set(stream, position)
    }
    return found
  }

  function touching(
    log: number,
    stream: StreamName,
    author: Author,
    { after, upTo, max }: TouchPage,
  ): readonly Touch[] {
    const self = selfOf(log, author)
    const rows = selectTouching.all(log, stream, after, upTo, max) as unknown as readonly TouchingRow[]
    return rows.map((row) => ({ entry: JSON.parse(row.body) as Entry, foreign: !isOwn(self, row) }))
  }

  function add(log: number, streams: Iterable<StreamName>, author: Author, position: Position): void {
    const self = selfOf(log, author)
    const { replica, counter } = author.dot
    for (const stream of streams)
      insert.run(log, stream, position, replica, counter, lastForeign(log, stream, self, 0))
  }

  return Object.freeze({
    disturbedAt,
    lastForeign: (log: number, stream: StreamName, author: Author, after: Position) =>
      lastForeign(log, stream, selfOf(log, author), after),
    touching,
    add,
    forget: lineages.forget,
  })
}

function isOwn({ replica, ownBounds }: Self, asked: Dot): boolean {
  return asked.replica === replica || asked.counter <= (ownBounds().get(asked.replica) ?? 0)
}
