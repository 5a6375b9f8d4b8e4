/**
 * What a device lives through in a round: a first start, work online, work without a server that meets what others did
 * meanwhile, a cancel, a retry, and a server that comes back from a backup. So it passes every barrier. A step does not
 * mind that the one before was cut short.
 */
import type { CommitRef } from 'varve'
import type { Profile } from './browser.ts'
import type { Ground } from './ground.ts'
import { Seat, Shelf } from './model.ts'

/** `tried`: nobody was told anything. `given up`: a cancel was tried, or told to be done. */
export type Fate = 'tried' | 'acknowledged' | 'refused' | 'given up'

export interface Life {
  readonly device: Profile
  readonly ground: Ground
  readonly url: string
  /** By name, as it was told outside the browser. */
  readonly wishes: Map<string, Fate>
  readonly refs: Map<string, CommitRef>
  /** Resolves when so many answers were told. */
  answered(times: number): Promise<void>
  tellAnswer(): void
}

export function newLife(device: Profile, ground: Ground, url: string): Life {
  let answers = 0
  let waiting: { times: number; resolve: () => void }[] = []
  return {
    device,
    ground,
    url,
    wishes: new Map(),
    refs: new Map(),
    answered: (times) =>
      new Promise((resolve) => {
        if (answers >= times) resolve()
        else waiting.push({ times, resolve })
      }),
    tellAnswer() {
      answers += 1
      for (const { times, resolve } of waiting) if (answers >= times) resolve()
      waiting = waiting.filter(({ times }) => answers < times)
    },
  }
}

export type Step = readonly [title: string, run: (life: Life) => Promise<unknown>]

const add =
  (name: string) =>
  (life: Life): Promise<void> =>
    wish(life, name, 'add')
const foreignAdd = (name: string) => Shelf.commands.add('1', { name: `foreign ${name}` })

export const steps: readonly Step[] = [
  ['others were here before', ({ ground }) => ground.foreign(foreignAdd('a'))],
  ['open', ({ device, url }) => device.open(url)],
  ['catch up', caughtUp],
  ['add online', add('one')],
  ['add online again', add('two')],
  ['catch up', caughtUp],
  ['server away', ({ ground }) => ground.down()],
  ['take the seat', (life) => wish(life, 'seat', 'take')],
  ['add offline', add('three')],
  ['add what is cancelled', add('four')],
  ['cancel', cancel],
  [
    'server back, others were faster',
    ({ ground }) => ground.up([Seat.commands.take('1', { name: 'foreign' }), foreignAdd('b')]),
  ],
  ['catch up', caughtUp],
  ['others leave the seat', ({ ground }) => ground.foreign(Seat.commands.leave('1'))],
  // Or that it is ours: a wish that had not met the others yet is decided when they have left.
  ['see that others left it', ({ device }) => device.call('seatWasLeft')],
  ['retry', retry],
  ['catch up', caughtUp],
  ['backup', ({ ground }) => ground.backup()],
  ['add online', add('five')],
  ['catch up', caughtUp],
  ['others go on', ({ ground }) => ground.foreign(foreignAdd('c'))],
  ['catch up', caughtUp],
  ['server back from the backup', ({ ground }) => ground.restore()],
  ['catch up', caughtUp],
]

export async function wish(life: Life, name: string, how: 'add' | 'take'): Promise<void> {
  life.wishes.set(name, 'tried')
  heard(life, name, await life.device.call(how, name))
}

type Told = Awaited<ReturnType<Life['device']['call']>>

function heard(life: Life, name: string, told: Told): void {
  const { ok, ref } = told as { readonly ok: boolean; readonly ref?: CommitRef }
  life.wishes.set(name, ok ? 'acknowledged' : 'refused')
  if (ref !== undefined) life.refs.set(name, ref)
  if (ok) life.tellAnswer()
}

async function cancel({ device, wishes, refs }: Life): Promise<void> {
  const ref = refs.get('four')
  if (ref === undefined) return
  wishes.set('four', 'given up')
  await device.call('cancel', ref)
}

/** Of the one wish that others were faster with, if it was withdrawn. */
async function retry(life: Life): Promise<void> {
  const told = await life.device.call('retry', 'seat')
  // Refused: the item stays in the inbox, and what was acknowledged stays so.
  if (told?.ok) heard(life, 'seat', told)
}

const catchUpMs = 30_000
const lookEveryMs = 25

/** All that the server has is on the device and the reverse, and it says so. */
export async function caughtUp({ device, ground }: Life): Promise<void> {
  const untilMs = Date.now() + catchUpMs
  for (;;) {
    const { status } = await device.call('see')
    const entries = await ground.entries()
    const isHere = status?.logs.every(({ position }) => position === entries.length)
    if (status?.phase === 'synced' && status.pending === 0 && isHere) return
    if (Date.now() > untilMs) throw new Error(`It does not catch up: ${JSON.stringify(status)}`)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
}
