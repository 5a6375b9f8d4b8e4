/**
 * What a device may live through, in chapters, which pass every barrier together (points.ts). Each begins with a visit
 * and can follow on any other, or on nothing. A step does not mind that the one before was cut short.
 */
import { sealCommit } from 'varve/core'
import { readDisk } from './disk.ts'
import { caughtUp, heard, type Life, wish } from './life.ts'
import { Seat, Shelf } from './model.ts'

export type Step = readonly [title: string, run: (life: Life) => Promise<unknown>]

const add =
  (name: string) =>
  (life: Life): Promise<void> =>
    wish(life, name, 'add')
const foreignAdd = (name: string) => Shelf.commands.add('1', { name: `foreign ${name}` })
const visit: readonly Step[] = [
  ['open', ({ device, url }) => device.open(url)],
  ['catch up', caughtUp],
]
const down: Step = ['server away', ({ ground }) => ground.down()]

/** A first start, and work online. */
const online: readonly Step[] = [
  ['others were here before', ({ ground }) => ground.foreign(foreignAdd('a'))],
  ...visit,
  ['add online', add('one')],
  ['add online again', add('two')],
  ['catch up', caughtUp],
]

/** Work without a server, which meets what others did meanwhile; a cancel, and a retry. */
const offline: readonly Step[] = [
  ...visit,
  down,
  ['take the seat', (life) => wish(life, 'seat', { take: '1' })],
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
]

/** A server that comes back from a backup (C7). */
const restored: readonly Step[] = [
  ...visit,
  ['backup', ({ ground }) => ground.backup()],
  ['add online', add('five')],
  ['catch up', caughtUp],
  ['others go on', ({ ground }) => ground.foreign(foreignAdd('c'))],
  ['catch up', caughtUp],
  ['server back from the backup', ({ ground }) => ground.restore()],
  ['catch up', caughtUp],
]

/** A copy of this profile writes under the name that this device writes under (C8). */
const copied: readonly Step[] = [
  ...visit,
  ['add online', add('six')],
  ['catch up', caughtUp],
  down,
  ['add offline', add('seven')],
  ['add more', add('eight')],
  ['a copy was faster', writeAsCopy],
  ['server back', ({ ground }) => ground.up()],
  ['catch up', caughtUp],
]

/** A tab that is frozen inside a transaction, so that wishes go to the wish journal (B18). */
const frozen: readonly Step[] = [
  ['others take a seat', ({ ground }) => ground.foreign(Seat.commands.take('2', { name: 'foreign' }))],
  ...visit,
  [
    'a tab freezes',
    async ({ device, ground }) => {
      await device.call('freezeInTransaction')
      await ground.frozen()
    },
  ],
  // The seat is gone, but nobody can know: it is found out when the wish is carried out.
  ['save', (life) => Promise.all([wish(life, 'nine', 'add'), wish(life, 'late', { take: '2' })])],
  // Not if all is over: whoever died does not stand here before it has thawed.
  ['what is saved waits', async ({ device, ground }) => ground.isFrozen() && device.call('waits')],
  ['it thaws', async ({ ground }) => ground.thaw()],
  ['catch up', caughtUp],
]

export const chapters = { online, offline, restored, copied, frozen } as const
export type Chapter = keyof typeof chapters

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

/** Under the dot of what is pending first, if the server has not been told of it. */
async function writeAsCopy({ device, ground, store }: Life): Promise<void> {
  const disk = await readDisk(device.page(), `varve:${store}`)
  const [first] = disk?.outbox ?? []
  const head = disk?.heads[0]
  if (first === undefined || head === undefined || ground.isUp()) return
  const name = 'foreign copy'
  const commands = first.commands.map((each) => ({ ...each, input: { name } }))
  const events = first.events.map((each) => ({ ...each, data: { name } }))
  await ground.placeAsDevice(sealCommit({ ...first, commands, events, seed: 'copy' }), head.history)
}
