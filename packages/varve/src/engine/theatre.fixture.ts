/**
 * What the engine's tests run on: a theatre whose seats are taken once, on one log, and notes on another; tabs on one
 * disk; and a server that is a ledger per log.
 */
import * as v from 'valibot'
import type { CommandCall } from '../core/command.ts'
import { type Commit, type Entry, isSealed } from '../core/commit.ts'
import type { LogId, Position } from '../core/dot.ts'
import { event } from '../core/event.ts'
import { extendHistory } from '../core/history.ts'
import { createLedger, type Ledger } from '../core/ledger.ts'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import type { DispatchRequest, DispatchResult, Update } from '../core/query.ts'
import { defineStream } from '../core/stream.ts'
import { defineTable } from '../core/table.ts'
import { type MemoryDisk, type OnMemoryWrite, openMemoryLog } from '../log/index.ts'
import { type Engine, type EngineOptions, openEngine } from './engine.ts'

interface SeatState {
  readonly by: string | null
}

const By = v.object({ by: v.string() })

export const Seat = defineStream('seat', {
  initial: { by: null } as SeatState,
  events: {
    taken: event(v.object({ by: v.string(), id: v.string(), at: v.number() })),
    freed: event(v.object({})),
  },
  evolve: {
    taken: (_seat, { by }) => ({ by }),
    freed: () => ({ by: null }),
  },
  commands: ({ command, emit, reject, at }) => ({
    take: command(By, (seat, { by }, { now, newId, theirs }) =>
      seat.by === null ? emit.taken({ by, id: newId(), at: now }) : reject('taken', { seen: theirs.length }),
    ),
    free: command((seat) => (seat.by === null ? undefined : emit.freed({}))),
    /** Only next to somebody. */
    join: command(
      v.object({ by: v.string(), next: v.string() }),
      { reads: ({ next }) => ({ next: at(next) }) },
      (seat, { by }, { reads, now, newId }) => {
        if (reads.next.by === null) return reject('nobody_there')
        return seat.by === null ? emit.taken({ by, id: newId(), at: now }) : reject('taken')
      },
    ),
  }),
})

export const Claps = defineStream('claps', {
  concurrency: 'commute',
  initial: 0,
  events: { clapped: event(v.object({})) },
  evolve: { clapped: (count) => count + 1 },
  commands: ({ command, emit }) => ({ clap: command(() => emit.clapped({})) }),
})

export const Note = defineStream('note', {
  initial: '',
  events: { written: event(v.object({ text: v.string() })) },
  evolve: { written: (_old, { text }) => text },
  commands: ({ command, emit }) => ({
    write: command(v.object({ text: v.string() }), (_old, { text }) => emit.written({ text })),
  }),
})

export const Guests = defineTable('guests', {
  from: [Seat],
  key: (e) => e.streamId,
  row: v.object({ by: v.string() }),
  on: { 'seat.taken': (_row, { data }) => ({ by: data.by }), 'seat.freed': () => null },
})

export const Sold = defineProjection('sold', {
  from: [Seat],
  initial: 0,
  on: { 'seat.taken': (sold) => sold + 1 },
})

/** Over both logs; does not depend on how they interleave. */
export const Busy = defineProjection('busy', {
  from: [Seat, Claps, Note],
  initial: { seats: 0, claps: 0, notes: 0 },
  on: {
    'seat.taken': (busy) => ({ ...busy, seats: busy.seats + 1 }),
    'claps.clapped': (busy) => ({ ...busy, claps: busy.claps + 1 }),
    'note.written': (busy) => ({ ...busy, notes: busy.notes + 1 }),
  },
})

/** Over both logs, and does depend on it. */
export const Trail = defineProjection('trail', {
  from: [Claps, Note],
  initial: '',
  on: { 'claps.clapped': (trail) => `${trail}c`, 'note.written': (trail) => `${trail}n` },
})

export const theatre = defineModel('theatre', {
  logs: { hall: [Seat, Claps], desk: [Note] },
  projections: [Guests, Sold, Busy, Trail],
})

export const { take, free, join } = Seat.commands
export const { clap } = Claps.commands
export const { write } = Note.commands

export interface Tab extends Engine {
  readonly wish: (...calls: readonly CommandCall[]) => Promise<DispatchResult>
  readonly reported: readonly unknown[]
}

export interface TabOptions extends Partial<EngineOptions> {
  readonly onWrite?: OnMemoryWrite
}

/** Opens an engine on a disk. Times count up from 1; ids begin with the tab's name. */
export async function openTab(disk: MemoryDisk, name: string, options: TabOptions = {}): Promise<Tab> {
  const { onWrite, ...rest } = options
  let ids = 0
  const reported: unknown[] = []
  const engine = await openEngine({
    model: theatre,
    log: openMemoryLog(disk, onWrite === undefined ? {} : { onWrite }),
    logs: { hall: 'hall', desk: 'desk/1' },
    ports: {
      now: () => 1,
      newId: () => {
        ids += 1
        return `${name}${ids}`
      },
      report: (thrown) => reported.push(thrown),
    },
    ...rest,
  })
  let wishes = 0
  return {
    ...engine,
    reported,
    wish: (...calls) => {
      wishes += 1
      return engine.dispatch(requestOf(`${name}-${wishes}`, calls, wishes))
    },
  }
}

export function requestOf(seed: string, calls: readonly CommandCall[], now = 1): DispatchRequest {
  return { commands: calls as DispatchRequest['commands'], now, seed }
}

export interface Server {
  readonly ledgers: ReadonlyMap<LogId, Ledger>
  /** One round: pushes what can be placed, then pulls in pages of `max`. The tab must lead. */
  readonly sync: (tab: Engine, max?: number) => Promise<void>
  readonly push: (tab: Engine) => Promise<void>
  readonly pull: (tab: Engine, max?: number) => Promise<void>
}

/** @param backup entries that it begins with, as one that was restored does */
export function theatreServer(epoch = 'e1', backup: Readonly<Record<LogId, readonly Entry[]>> = {}): Server {
  const ledgers = new Map<LogId, Ledger>([
    ['hall', createLedger(epoch)],
    ['desk/1', createLedger(epoch)],
  ])
  for (const [id, entries] of Object.entries(backup)) {
    const ledger = ledgers.get(id) as Ledger
    for (const { commit, principal, time } of entries)
      ledger.offer({ epoch, prev: ledger.facts(commit).history, commit, principal, time })
  }
  let time = 1_000

  const mustLedger = (id: LogId): Ledger => ledgers.get(id) as Ledger

  async function push(tab: Engine): Promise<void> {
    await tab.refresh()
    for (const { head, outbox } of tab.logs()) {
      let prev = head.history
      for (const commit of outbox) {
        if (!isSealed(commit)) throw new Error('a commit that is pushed is sealed')
        time += 1
        const verdict = mustLedger(head.log).offer({ epoch, prev, commit, principal: 'p', time })
        if (verdict.kind === 'place' || verdict.kind === 'known') prev = extendHistory(prev, commit)
        else if (verdict.kind === 'conflict' || verdict.kind === 'applied' || verdict.kind === 'stale') break
        else throw new Error(`not expected here: ${verdict.kind}`)
      }
    }
  }

  async function pull(tab: Engine, max = 100): Promise<void> {
    for (const [id, ledger] of ledgers) {
      for (let after = positionIn(tab, id); after < ledger.head(); after += max) {
        const status = await tab.applyEntries(id, epoch, ledger.entries(after, max))
        if (status !== 'applied') throw new Error(`not expected here: ${status}`)
      }
    }
  }

  return {
    ledgers,
    push,
    pull,
    async sync(tab, max) {
      await push(tab)
      await pull(tab, max)
    },
  }
}

export function positionIn(tab: Engine, id: LogId): Position {
  return tab.status().logs.find((log) => log.log === id)?.position ?? 0
}

/** All that a tab shows, for comparison. */
export function shownBy(tab: Engine, seats: readonly string[]): unknown {
  return {
    seats: seats.map((id) => stateOf(tab, `seat/${id}`)),
    claps: stateOf(tab, 'claps/1'),
    note: stateOf(tab, 'note/1'),
    guests: Object.fromEntries(rowsOf(tab, 'guests')),
    sold: valueIn(tab, 'sold'),
    busy: valueIn(tab, 'busy'),
    trail: valueIn(tab, 'trail'),
  }
}

export function updatesOf(tab: Engine, query: Parameters<Engine['subscribe']>[0]): Update[] {
  const updates: Update[] = []
  tab.subscribe(query, (update) => updates.push(update))
  return updates
}

export function stateOf(tab: Engine, stream: string, past?: string): unknown {
  const [update] = updatesOf(tab, { kind: 'stream', stream, ...(past === undefined ? {} : { past }) })
  if (update?.kind !== 'stream') throw new Error('a stream is answered at once')
  return { state: update.state, revision: update.revision }
}

export function rowsOf(tab: Engine, name: string, past?: string): (readonly [string, unknown])[] {
  const [update] = updatesOf(tab, { kind: 'projection', name, ...(past === undefined ? {} : { past }) })
  if (update?.kind !== 'rows' || !update.reset) throw new Error('a table is answered at once, as a whole')
  return [...update.rows].sort(([a], [b]) => (a < b ? -1 : 1))
}

export function valueIn(tab: Engine, name: string, past?: string): unknown {
  const [update] = updatesOf(tab, { kind: 'projection', name, ...(past === undefined ? {} : { past }) })
  if (update?.kind !== 'value') throw new Error('a value is answered at once')
  return update.value
}

export function commitsOf(entries: readonly Entry[]): readonly Commit[] {
  return entries.map((entry) => entry.commit)
}
