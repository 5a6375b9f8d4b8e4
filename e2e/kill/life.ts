/** A device as the test knows it: what was wished for on it, and what its user was told, outside of the browser. */
import type { CommitRef, StoreStatus } from 'varve'
import type { Profile } from './browser.ts'
import type { Ground } from './ground.ts'

/** `tried`: nobody was told anything. `given up`: a cancel was tried, or told to be done. */
export type Fate = 'tried' | 'acknowledged' | 'refused' | 'given up'

export interface Life {
  readonly device: Profile
  readonly ground: Ground
  readonly url: string
  /** Its name. */
  readonly store: string
  /** By name, as it was told outside the browser. */
  readonly wishes: Map<string, Fate>
  readonly refs: Map<string, CommitRef>
  /** Resolves when so many answers were told. */
  answered(times: number): Promise<void>
  /** How many were told so far. */
  answers(): number
  tellAnswer(): void
}

export function newLife(
  { device, ground }: Pick<Life, 'device' | 'ground'>,
  { url, store }: Pick<Life, 'url' | 'store'>,
): Life {
  let answers = 0
  let waiting: { times: number; resolve: () => void }[] = []
  return {
    device,
    ground,
    url,
    store,
    wishes: new Map(),
    refs: new Map(),
    answered: (times) =>
      new Promise((resolve) => {
        if (answers >= times) resolve()
        else waiting.push({ times, resolve })
      }),
    answers: () => answers,
    tellAnswer() {
      answers += 1
      for (const { times, resolve } of waiting) if (answers >= times) resolve()
      waiting = waiting.filter(({ times }) => answers < times)
    },
  }
}

/** `add` to the shelf, or `take` a seat. */
export async function wish(life: Life, name: string, how: 'add' | { readonly take: string }): Promise<void> {
  const { wishes, device } = life
  wishes.set(name, 'tried')
  const told = how === 'add' ? device.call('add', name) : device.call('take', name, how.take)
  heard(life, name, await told)
}

export function heard(
  life: Life,
  name: string,
  { ok, ref }: { readonly ok: boolean; readonly ref?: CommitRef },
): void {
  life.wishes.set(name, ok ? 'acknowledged' : 'refused')
  if (ref !== undefined) life.refs.set(name, ref)
  if (ok) life.tellAnswer()
}

/** Generous: that it is over means that something hangs. */
const catchUpMs = 60_000

/** All that the server has is on the device and the reverse, and it says so. Looks when the device says something new. */
export async function caughtUp({ device, ground }: Life): Promise<void> {
  const patience = Promise.withResolvers<never>()
  let status: StoreStatus | null = null
  const timer = setTimeout(
    () => patience.reject(new Error(`It does not catch up: ${JSON.stringify(status)}`)),
    catchUpMs,
  )
  const isDone = async (): Promise<boolean> => {
    // What the server took after this the device has yet to say something about.
    const { length } = await ground.entries()
    const isHere = status?.logs.every(({ position }) => position === length)
    return status?.phase === 'synced' && status.pending === 0 && isHere === true
  }
  const look = async (): Promise<void> => {
    for (let told = 0; ; ) {
      ;({ status, told } = await device.call('statusAfter', told))
      if (!(await isDone())) continue
      // An answer may overtake the status that counts it, by a frame: what was on its way is here after some more words.
      ;({ status } = await device.call('see'))
      if (await isDone()) return
    }
  }
  try {
    await Promise.race([look(), patience.promise])
  } finally {
    clearTimeout(timer)
  }
}
