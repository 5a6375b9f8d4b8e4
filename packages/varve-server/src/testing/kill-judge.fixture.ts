/**
 * What must hold when a server was killed often: what was acknowledged stands where the receipt said, nothing stands
 * twice, each order has one answer and each piece one owner, and who followed saw what is in the file, no more, no less.
 */
import { chainOf, chainStart, dotKey, type Entry, type LogId } from 'varve/core'
import { sqliteLog } from '../sqlite/sqlite-log.ts'

export interface Told {
  /** For each commit that a receipt named, by log and dot: where it stands. */
  readonly receipts: ReadonlyMap<string, number>
  readonly follower: {
    readonly entries: ReadonlyMap<LogId, readonly Entry[]>
    readonly faults: readonly string[]
  }
  readonly orders: readonly { readonly log: LogId; readonly id: string }[]
  /** How many there were to sell. */
  readonly pieces: number
  /** What customers were written, in the order in which it was sent: the order and the key. */
  readonly mail: readonly string[]
  /** How often the server was killed, by whomever. */
  readonly deaths: number
}

const entriesMax = 1_000_000

/** Sentences about what is wrong; none if all is well. The server must be gone. */
export async function judgeFile(file: string, told: Told): Promise<readonly string[]> {
  const logs = await readLogs(file)
  const log = sqliteLog(file)
  try {
    const failures = (
      await Promise.all(['fulfilment', 'settlement', 'courier'].map((name) => log.failures(name, 10)))
    ).flat()
    return [
      ...judge(logs, told),
      ...failures.map(({ policy, reason, message }) => `${policy} failed: ${reason} ${message}`),
    ]
  } finally {
    await log.close()
  }
}

export async function readLogs(file: string): Promise<ReadonlyMap<LogId, readonly Entry[]>> {
  const log = sqliteLog(file)
  const logs = new Map<LogId, readonly Entry[]>()
  for (const { log: name } of await log.logs()) logs.set(name, await log.entries(name, 0, entriesMax))
  await log.close()
  return logs
}

export function judge(
  logs: ReadonlyMap<LogId, readonly Entry[]>,
  { receipts, follower, orders, pieces, mail, deaths }: Told,
): readonly string[] {
  const faults = [...follower.faults]
  const placed = new Map<string, number>()
  for (const [log, entries] of logs) {
    let chain = chainStart
    for (const [index, { chain: own, ...entry }] of entries.entries()) {
      const key = `${log} ${dotKey(entry.commit.dot)}`
      chain = chainOf(chain, entry)
      if (entry.position !== index + 1 || own !== chain) faults.push(`${log}@${index + 1} does not continue`)
      if (placed.has(key)) faults.push(`${key} stands twice`)
      placed.set(key, entry.position)
    }
    const seen = follower.entries.get(log)
    if (seen !== undefined && JSON.stringify(seen) !== JSON.stringify(entries))
      faults.push(
        `${log}: who followed saw ${seen.length} entries, the file holds ${entries.length}, or others`,
      )
  }
  for (const [key, position] of receipts) {
    if (placed.get(key) !== position)
      faults.push(`${key} was acknowledged @${position} and stands @${placed.get(key)}`)
  }
  const typesOf = (log: LogId, stream: string): string =>
    (logs.get(log) ?? [])
      .flatMap(({ commit }) => commit.events)
      .filter((event) => event.stream === stream)
      .map(({ type }) => type)
      .join(' ')
  let sold = 0
  for (const { log, id } of orders) {
    const [own, reservation] = [typesOf(log, `order/${id}`), typesOf('shop', `reservation/${id}`)]
    if (own === 'order.requested order.placed' && reservation === 'reservation.made') sold += 1
    else if (own !== 'order.requested order.declined' || reservation !== 'reservation.refused')
      faults.push(`order ${id}: ${own}; ${reservation}`)
  }
  const reserved = typesOf('shop', 'stock/tee').match(/stock\.reserved/g)?.length ?? 0
  if (sold !== Math.min(pieces, orders.length) || reserved !== sold)
    faults.push(`${pieces} pieces, ${reserved} reserved, ${sold} sold to ${orders.length}`)
  const letters = new Set(mail)
  for (const { id } of orders) {
    const keys = [...letters].filter((letter) => letter.startsWith(`${id} `)).length
    if (keys !== 1) faults.push(`of order ${id} the customer was written with ${keys} keys`)
  }
  if (letters.size !== orders.length || mail.length > letters.size + deaths)
    faults.push(
      `${mail.length} letters with ${letters.size} keys for ${orders.length} orders, ${deaths} deaths`,
    )
  return faults
}
