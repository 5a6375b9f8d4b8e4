/**
 * The page that is killed. The test drives it by `device`; each call that resolves is something that its user was told.
 * Whenever it is shown as synced it says so to the test, with what it had acknowledged by then.
 */
import { type InboxNote, openStore, type StoreStatus } from 'varve'
import { Items, room, Seat, Shelf } from './model.ts'

const asked = new URLSearchParams(location.search)
const workers: Worker[] = []
const acknowledged: string[] = []
let claims = Promise.resolve()
let status: StoreStatus | null = null
/** How often it was told. */
let told = 0

/** The only point at which its worker asks; none: it asks at each. */
const name = asked.get('point') ?? ''
const spawn = (): Worker => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name })
  workers.push(worker)
  return worker
}
const store = openStore(room, spawn, {
  name: asked.get('store') ?? '',
  logs: { room: asked.get('log') ?? '' },
  auth: () => Promise.resolve('anybody'),
})
store.status$.subscribe((next) => {
  status = next
  told += 1
  mayClaim()
})

function mayClaim(): void {
  if (status?.phase !== 'synced') return
  const names = [...acknowledged]
  claims = claims.then(() => claim(names)).catch(() => undefined)
}

/** After one more word with the worker: what it had said before has arrived by then. */
async function claim(names: readonly string[]): Promise<void> {
  for await (const _event of store.history(Shelf, '1')) break
  if (status?.phase === 'synced') await fetch('/claim', { method: 'POST', body: JSON.stringify(names) })
}

type Decided = Awaited<ReturnType<typeof store.dispatch>>
/** Only what can be cloned. */
function answer(name: string, decided: Decided) {
  if (!decided.ok) return { ok: false, reason: decided.reason } as const
  decided.fate.catch(() => undefined)
  acknowledged.push(name)
  mayClaim()
  return { ok: true, ref: { log: decided.log, dot: decided.dot } } as const
}

interface Watchable<T> {
  subscribe(next: (value: T) => void, failed: (thrown: unknown) => void): { unsubscribe(): void }
}

function first<T>(watched: Watchable<T>, fits: (value: T) => boolean = () => true): Promise<T> {
  return new Promise((resolve, reject) => {
    const next = (value: T): void => {
      if (!fits(value)) return
      resolve(value)
      queueMicrotask(() => watch.unsubscribe())
    }
    const watch = watched.subscribe(next, reject)
  })
}

function nameIn({ commands }: InboxNote): string | undefined {
  return (commands[0]?.input as { readonly name?: string } | undefined)?.name
}

/** The first that it says is nothing, and comes before it was read. */
function readInbox() {
  let times = 0
  return first(store.inbox$, () => ++times === 2)
}

const device = {
  ready: () => store.ready,
  add: async (name: string) => answer(name, await store.dispatch(Shelf.commands.add('1', { name }))),
  take: async (name: string, seat: string) =>
    answer(name, await store.dispatch(Seat.commands.take(seat, { name }))),
  cancel: (ref: Parameters<typeof store.cancel>[0]) => store.cancel(ref),
  async retry(name: string) {
    const item = (await readInbox()).find((each) => nameIn(each) === name)
    return item === undefined ? null : answer(name, await store.retry(item))
  },
  async seatWasLeft() {
    await first(store.watch(Seat, '1'), (by) => by !== 'foreign')
  },
  async see() {
    await claims
    const inbox = await readInbox()
    return {
      status,
      items: await first(store.watch(Shelf, '1')),
      seats: { 1: await first(store.watch(Seat, '1')), 2: await first(store.watch(Seat, '2')) },
      rows: [...(await first(store.watch(Items)))].map(([key, row]) => [key, row.times] as const),
      inbox: inbox.map(nameIn),
    }
  },
  /** The status, as soon as it was told more than so many times, and how often that is. */
  statusAfter: (times: number) => first(store.status$, () => told > times).then(() => ({ status, told })),
  waits: () =>
    first(store.status$, ({ phase, pending }) => pending > 0 && phase !== 'synced').then(() => null),
  freezeInTransaction() {
    const name = `varve:${asked.get('store')}`
    new Worker(new URL('./frozen.worker.ts', import.meta.url), { type: 'module', name })
  },
  terminate: () => workers.at(-1)?.terminate(),
}
export type DeviceCalls = typeof device
Object.assign(globalThis, { device })
