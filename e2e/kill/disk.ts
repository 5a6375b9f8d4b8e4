/**
 * What lies on the disk of a device that has died, looked at before anything can heal it: whether each write is there as
 * a whole or not at all. Shares nothing with the log's own code.
 */
import type { Page } from '@playwright/test'
import type { Commit, Dot, Entry } from 'varve/core'
import { namesIn } from './ground.ts'

/** A table's rows, with what is packed in them taken out. */
export interface Disk {
  readonly replica: string
  readonly heads: readonly DiskHead[]
  readonly outbox: readonly Commit[]
  readonly entries: readonly (Entry & { readonly log: string })[]
  /** Also of items that were dismissed. */
  readonly inbox: readonly { readonly log: string; readonly dot: Dot }[]
}

export interface DiskHead {
  readonly log: string
  readonly position: number
  readonly chain: string
  readonly history: string
  readonly issued: number
}

type Row = Readonly<Record<string, unknown>>

/** Null while there is no store. */
export async function readDisk(page: Page, database: string): Promise<Disk | null> {
  const tables = ['meta', 'outbox', 'entries', 'inbox']
  const read = await page.evaluate(readRows, [database, tables] as const)
  if (read === null) return null
  const [meta = [], outbox = [], entries = [], inbox = []] = read as readonly (readonly Row[])[]
  const store = meta.find(({ key }) => key === 'store')
  if (store === undefined) return null
  const packed = <T>(row: Row): readonly T[] => JSON.parse(String(row.text))
  return {
    replica: String(store.replica),
    heads: meta.flatMap(({ head }) => (head === undefined ? [] : [head as DiskHead])),
    outbox: outbox.flatMap((row) => packed<Commit>(row)),
    entries: entries.flatMap((row) =>
      packed<Entry>(row).map((entry) => ({ ...entry, log: String(row.log) })),
    ),
    inbox: inbox.map(({ log, replica, counter }) => ({
      log: String(log),
      dot: { replica: String(replica), counter: Number(counter) },
    })),
  }
}

/** In the page. */
async function readRows([name, tables]: readonly [string, readonly string[]]) {
  // Opening what does not exist would create it.
  if (!(await indexedDB.databases()).some((each) => each.name === name)) return null
  const result = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const database = await result(indexedDB.open(name))
  try {
    if (!tables.every((table) => database.objectStoreNames.contains(table))) return null
    const transaction = database.transaction([...tables], 'readonly')
    return await Promise.all(tables.map((table) => result(transaction.objectStore(table).getAll())))
  } finally {
    database.close()
  }
}

/** Each breach as a sentence. */
export function tornIn(disk: Disk | null): readonly string[] {
  return disk === null ? [] : disk.heads.flatMap((head) => tornInLog(disk, head))
}

/** What was sent before it was on disk: of these names, what the server has and the disk has not. */
export function sentEarly(
  disk: Disk | null,
  { entries, names }: { readonly entries: readonly Entry[]; readonly names: Iterable<string> },
): readonly string[] {
  const mine = new Set(names)
  const stored = [...(disk?.outbox ?? []), ...(disk?.entries ?? []).map(({ commit }) => commit)]
  const seeds = new Set(stored.map(({ seed }) => seed))
  return entries
    .filter(({ commit }) => !seeds.has(commit.seed))
    .flatMap(namesIn)
    .filter((name) => mine.has(name))
    .map((name) => `${name} was sent before it was on disk`)
}

function tornInLog(disk: Disk, { log, position, chain, issued }: DiskHead): readonly string[] {
  const problems: string[] = []
  const entries = disk.entries.filter((each) => each.log === log)
  const outbox = disk.outbox.filter((each) => each.log === log)
  if (entries.some((entry, index) => entry.position !== index + 1) || entries.length !== position)
    problems.push(
      `torn: the head says ${position}, of the entries there are ${entries.map((e) => e.position)}`,
    )
  if ((entries.at(-1)?.chain ?? '') !== chain)
    problems.push('torn: the last entry has not the chain of the head')
  const placed = new Set(entries.map(({ commit }) => keyOf(commit.dot)))
  const known = [...placed, ...outbox.map(({ dot }) => keyOf(dot))]
  const counters = known.flatMap((key) =>
    key.startsWith(`${disk.replica} `) ? [Number(key.split(' ')[1])] : [],
  )
  if (Math.max(0, ...counters) !== issued)
    problems.push(
      `torn: ${issued} names were given away, and commits are there up to ${Math.max(0, ...counters)}`,
    )
  const told = new Set(disk.inbox.filter((each) => each.log === log).map(({ dot }) => keyOf(dot)))
  for (const { dot, withdrawn } of outbox) {
    if (placed.has(keyOf(dot))) problems.push(`torn: ${keyOf(dot)} is pending and placed`)
    if (withdrawn !== null && withdrawn.reason !== 'cancelled' && !told.has(keyOf(dot)))
      problems.push(`torn: ${keyOf(dot)} is withdrawn, and not in the inbox`)
  }
  return problems
}

function keyOf({ replica, counter }: Dot): string {
  return `${replica} ${counter}`
}
