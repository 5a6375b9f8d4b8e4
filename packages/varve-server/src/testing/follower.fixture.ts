/** Follows logs over many connections, as a subscriber does, and hears which orders are answered. */
import type { Entry, LogId } from 'varve/core'
import { converse } from './converse.fixture.ts'
import { createReader, type Reader } from './reader.fixture.ts'

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
  const faults: string[] = []
  const fault = (sentence: string): void => void faults.push(sentence)
  const readers = new Map<LogId, Reader>(logs.map((log) => [log, createReader(log, fault)]))
  const entries = new Map([...readers].map(([log, reader]) => [log, reader.entries]))
  let told: () => void = () => {}

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
      converse(
        url,
        [...readers.values()].map((reader) => reader.cursor()),
        (message, say) => {
          if (message.type === 'welcome') {
            for (const { log, epoch } of message.logs) {
              const reader = readers.get(log)
              reader?.welcomed(epoch)
              say({ type: 'pull', log, after: reader?.position() ?? 0, credit })
            }
          }
          if (message.type === 'entries') {
            readers.get(message.log)?.take(message.entries)
            told()
          }
          if (message.type === 'refuse') fault(`${message.log}: ${message.code}: ${message.message}`)
        },
      ),
    answered: (orders: number) =>
      new Promise<void>((resolve) => {
        told = () => {
          if (answers() >= orders) resolve()
        }
        told()
      }),
  })
}
