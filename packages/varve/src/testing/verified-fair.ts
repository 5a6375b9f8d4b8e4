/**
 * A fair whose streams are verified, and what a server with the model does for rule A7, over a ledger and without indexes.
 * What is decided shows all that it was decided on: other streams, the own state, and `theirs`.
 */
import { accept } from '../core/accept.ts'
import type { Commit, Entry } from '../core/commit.ts'
import { rulesOf } from '../core/decide.ts'
import type { Position } from '../core/dot.ts'
import { event } from '../core/event.ts'
import { createLedger, type Ledger } from '../core/ledger.ts'
import { defineModel } from '../core/model.ts'
import { defineStream } from '../core/stream.ts'
import { isTheirs, isVerified, type Touch, verifyFault, wasKnown } from '../core/verify.ts'
import { createWorld, type World } from '../core/world.ts'

/** A schema that takes everything, by hand: this package brings no validator. */
function anything<T>() {
  return {
    '~standard': {
      version: 1,
      vendor: 'varve',
      validate: (value: unknown) => ({ value: value as T }),
      types: undefined as { readonly input: T; readonly output: T } | undefined,
    },
  } as const
}

export const Price = defineStream('price', {
  initial: 0,
  events: { set: event(anything<{ readonly cents: number }>()) },
  evolve: { set: (_before, { cents }) => cents },
  commands: ({ command, emit }) => ({
    set: command(anything<{ readonly cents: number }>(), (_before, input) => emit.set(input)),
    raise: command((cents) => emit.set({ cents: cents + 1 })),
  }),
})

interface Sold {
  readonly item: string
  readonly cents: number
  /** Foreign events since it was first decided. */
  readonly met: number
}

export const Basket = defineStream('basket', {
  verified: true,
  initial: 0,
  events: { filled: event(anything<Sold>()) },
  evolve: { filled: (total, { cents }) => total + cents },
  commands: ({ command, emit, reject }) => ({
    fill: command(
      anything<{ readonly item: string }>(),
      { reads: ({ item }) => ({ price: Price.at(item) }) },
      (total, { item }, { reads, theirs }) =>
        total + reads.price > 20
          ? reject('too_dear')
          : emit.filled({ item, cents: reads.price, met: theirs.length }),
    ),
  }),
})

/** What is written on it is numbered as its author saw it: two may have the same number, for neither waits for the other. */
export const Board = defineStream('board', {
  verified: true,
  concurrency: 'commute',
  initial: 0,
  events: { written: event(anything<Sold & { readonly number: number }>()) },
  evolve: { written: (count) => count + 1 },
  commands: ({ command, emit, reject }) => ({
    write: command(
      anything<{ readonly item: string }>(),
      { reads: ({ item }) => ({ price: Price.at(item) }) },
      (count, { item }, { reads, theirs }) =>
        reads.price > 6
          ? reject('too_dear')
          : emit.written({ item, cents: reads.price, met: theirs.length, number: count + 1 }),
    ),
    /** Leans on nothing but the board. */
    begin: command((count) =>
      count > 0 ? reject('begun') : emit.written({ item: '', cents: 0, met: 0, number: 1 }),
    ),
    sign: command((count) => emit.written({ item: 'signature', cents: 0, met: 0, number: count + 1 })),
  }),
})

export const fair = defineModel('fair', { logs: { fair: [Price, Basket, Board] } })
export const fairRules = rulesOf(fair, 'fair')
export const emptyFair = (): World => createWorld(fair, 'fair')

/** How rule A7 is kept, or broken on purpose. */
export interface Verifying {
  /** Which entries the decision is made on. */
  readonly knows: (commit: Commit, touch: Touch) => boolean
  /** Where `theirs` begin. */
  readonly since: (commit: Commit) => Position
}

export const asWritten: Verifying = { knows: wasKnown, since: ({ born }) => born }

export function verifyOn(
  ledger: Ledger,
  commit: Commit,
  { knows, since }: Verifying = asWritten,
): string | null {
  if (!isVerified(fair, commit)) return null
  const known = emptyFair()
  const theirs = new Map<Position, Entry>()
  for (const { stream } of commit.guards) {
    for (const touch of ledger.touching(commit, stream)) {
      const { entry } = touch
      if (knows(commit, touch)) known.apply(entry.commit.events.filter((event) => event.stream === stream))
      if (isTheirs({ base: commit.base, born: since(commit) }, touch)) theirs.set(entry.position, entry)
    }
  }
  return verifyFault({
    rules: fairRules,
    commit,
    known,
    theirs: [...theirs.values()].toSorted((a, b) => a.position - b.position),
  })
}

/** A ledger of the fair that verifies (null: that does not); `refused` is told of what it refuses. */
export function verifyingLedger(
  epoch: string,
  how: Verifying | null = asWritten,
  refused: (message: string, commit: Commit) => void = () => {},
): Ledger {
  const acceptWith: typeof accept = (pushed, facts) => {
    const verify = how === null ? undefined : () => verifyOn(ledger, pushed.commit, how)
    const verdict = accept(pushed, facts, verify)
    if (verdict.kind === 'forbidden') refused(verdict.message, pushed.commit)
    return verdict
  }
  const ledger: Ledger = createLedger(epoch, acceptWith)
  return ledger
}
