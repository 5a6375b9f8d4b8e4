/** Follows logs over many connections, as a subscriber does: each entry once, in order, on the chain; else it is a fault. */
import { chainOf, chainStart, type Entry, type LogId } from 'varve/core'
import type { Cursor, ServerMessage } from 'varve/protocol'
import { converse } from './converse.fixture.ts'

export interface Follower {
  readonly entries: ReadonlyMap<LogId, readonly Entry[]>
  /** Sentences; to be added to. */
  readonly faults: string[]
  /** Follows until the socket closes. */
  session(url: string): Promise<void>
  /** Resolves when so many orders were answered. */
  answered(orders: number): Promise<void>
}

const credit = 5_000

export function createFollower(logs: readonly LogId[]): Follower {
  const entries = new Map<LogId, Entry[]>(logs.map((log) => [log, []]))
  const epochs = new Map<LogId, string>()
  const faults: string[] = []
  let told: () => void = () => {}

  function cursorOf(log: LogId): Cursor {
    const last = entries.get(log)?.at(-1)
    const epoch = epochs.get(log) ?? null
    return { log, epoch, position: last?.position ?? 0, chain: last?.chain ?? chainStart }
  }

  function take({ log, entries: page }: Extract<ServerMessage, { type: 'entries' }>): void {
    const known = entries.get(log) ?? []
    for (const entry of page) {
      const before = known.at(-1)
      const { chain, ...unchained } = entry
      if (entry.position !== (before?.position ?? 0) + 1)
        faults.push(`${log}: after @${before?.position ?? 0} came @${entry.position}`)
      else if (chainOf(before?.chain ?? chainStart, unchained) !== chain)
        faults.push(`${log}@${entry.position} does not continue the entry before`)
      known.push(entry)
    }
    told()
  }

  function answers(): number {
    const types = [...entries.values()].flatMap((known) =>
      known.flatMap(({ commit }) => commit.events.map(({ type }) => type)),
    )
    return types.filter((type) => type === 'order.placed' || type === 'order.declined').length
  }

  return Object.freeze({
    entries,
    faults,
    session: (url: string) =>
      converse(url, logs.map(cursorOf), (message, say) => {
        if (message.type === 'welcome') {
          for (const { log, epoch } of message.logs) {
            epochs.set(log, epoch)
            say({ type: 'pull', log, after: cursorOf(log).position, credit })
          }
        }
        if (message.type === 'entries') take(message)
        if (message.type === 'refuse') faults.push(`${message.log}: ${message.code}: ${message.message}`)
      }),
    answered: (orders: number) =>
      new Promise<void>((resolve) => {
        told = () => {
          if (answers() >= orders) resolve()
        }
        told()
      }),
  })
}
