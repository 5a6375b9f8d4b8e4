/** What must hold when a device has come back and caught up; each breach as a sentence. */
import type { Entry } from 'varve/core'
import { audit } from '../harness/audit.ts'
import { readDatabase } from '../harness/browser-store.ts'
import type { Life } from './life.ts'

export interface Judged {
  readonly life: Life
  readonly log: string
}

export async function judge({ life, log }: Judged): Promise<readonly string[]> {
  const { device, ground, store, wishes } = life
  const entries = await ground.entries()
  const seen = await device.call('see')
  const disk = await readDatabase(device.page(), `varve:${store}`)
  const { items, seats, timesByName } = replay(entries)
  const problems = [...audit(new Map([[log, entries]])), ...ground.lies(), ...device.faults()]

  for (const [name, fate] of wishes) {
    const times = timesByName.get(name) ?? 0
    const isTold = seen.inbox.includes(name)
    if (times > 1) problems.push(`${name} was done ${times} times`)
    if (fate === 'acknowledged' && times === 0 && !isTold)
      problems.push(`${name} was acknowledged and is lost`)
    if (fate === 'refused' && times > 0) problems.push(`${name} was refused and done`)
  }
  for (const name of timesByName.keys()) {
    if (!wishes.has(name) && !name.startsWith('foreign')) problems.push(`nobody wished ${name}`)
  }

  const same = (what: string, shown: unknown, expected: unknown): void => {
    const [a, b] = [JSON.stringify(shown), JSON.stringify(expected)]
    if (a !== b) problems.push(`${what}: shown ${a}, a replay gives ${b}`)
  }
  same('the shelf', seen.items, items)
  same('the seats', seen.seats, seats)
  same('the rows', seen.rows.toSorted(), items.map((name) => [name, 1]).toSorted())
  same('the outbox', disk?.outbox, [])
  same(
    'the entries on disk',
    disk?.confirmed,
    entries.map(({ commit: { dot } }) => `${log} ${dot.replica} ${dot.counter}`),
  )
  same('the chain', disk?.headsByLog[log]?.chain, entries.at(-1)?.chain)
  return problems
}

/** Folded by hand: shares nothing with the model. */
function replay(entries: readonly Entry[]) {
  const items: string[] = []
  const timesByName = new Map<string, number>()
  const seats: Record<'1' | '2', string | null> = { 1: null, 2: null }
  for (const { stream, type, data } of entries.flatMap(({ commit }) => commit.events)) {
    const { name = '' } = data as { readonly name?: string }
    if (type === 'shelf.itemAdded') items.push(name)
    const seat = stream.split('/')[1] as '1' | '2'
    if (type === 'seat.left') seats[seat] = null
    if (type === 'seat.taken') seats[seat] = name
    if (name !== '') timesByName.set(name, (timesByName.get(name) ?? 0) + 1)
  }
  return { items, seats, timesByName }
}
