/**
 * One trace for each rule: the shortest known way to come to grief without it. Notation: `a1` is a's first commit, `a1°`
 * withdrawn. What the toy's commands do stands in toy-rules.ts.
 */
import { faultOfTrace, type Play, type Trace } from './play.ts'
import { slowWriterFault } from './slow-writer.ts'
import type { Protocol } from './switches.ts'
import { throwingHandlerFault } from './throwing-handler.ts'
import { commutingCascadeFault, verifyingFault } from './verifying.ts'

export type TraceName = keyof typeof traces

/** A trace gives the first thing that is not as it must be, or null. */
export const traces = {
  /** b1 is placed; a stores the page and crashes before what it does to a1 is stored. */
  C1: played((play) => {
    play.create('a', 'TA')
    play.create('b', 'TA')
    play.push('b')
    play.pull('a', 'crash')
  }),

  /** Tab 2 decides without tab 1's newest commit: A is taken twice in two steps. */
  C2: played((play) => {
    play.look('a')
    play.create('a', 'TA')
    if (play.create('a', 'TA', 'in another tab')) throw new Error('A is taken twice')
  }),

  /** Two clones decide a1 again at different positions. */
  C3: played((play) => {
    play.create('a', 'EAB')
    play.clone('a', 'c')
    play.create('b', 'TA')
    play.push('b')
    play.pull('c')
    play.push('c')
    play.pull('a')
  }),

  /** b1 comes between; a1 is withdrawn, and a2 leaned on a1's B. */
  C4: played(cascade),

  /** b1 comes between; a1 is withdrawn, and a2 counted it on a board that commutes. */
  'C4 commute': commutingCascadeFault,

  /** A receipt arrives before the page. If a1 were dropped, A would look free. */
  C5: played((play) => {
    play.create('a', 'TA')
    play.push('a')
    play.acknowledge('a', 1)
    if (play.create('a', 'TA')) throw new Error('the acknowledged a1 has vanished')
  }),

  /** a1 is refused when b1 has come; without a1° the dots have a hole before a2. */
  C6: played((play) => {
    play.create('a', 'TA')
    play.create('a', 'like')
    play.create('b', 'TA')
    play.push('b')
    play.pull('a')
    play.push('a')
  }),

  /** a1 leans on b2, which frees A; the server comes back without b2. */
  C7: played((play) => {
    play.create('b', 'TA')
    play.create('b', 'FA')
    play.push('b')
    play.pull('a')
    play.create('a', 'TA')
    play.restore(1)
    play.pull('a')
    play.push('a')
  }),

  /** A copied profile is opened, and both write on. */
  C8: played((play) => {
    play.create('a', 'FA')
    play.push('a')
    play.pull('a')
    play.clone('a', 'c')
    play.create('a', 'like')
    play.create('c', 'TA')
    play.push('a')
  }),

  /** A copied machine runs on, and both write a2. */
  'C8 collision': played((play) => {
    play.create('a', 'FA')
    play.twin('a', 'c')
    play.create('a', 'like')
    play.create('c', 'TA')
    play.push('a')
    play.pull('c')
    play.push('c')
  }),

  /** a1 is pushed and cancelled; the old a1 arrives and is placed. */
  C9: played((play) => {
    play.create('a', 'TA')
    const a1 = play.frame('a', 1)
    play.cancel('a', 1)
    play.deliver(a1, 'place')
    play.pull('a')
  }),

  /** The same, and a2 leans on a1. */
  C10: played((play) => {
    play.create('a', 'TAB')
    play.create('a', 'NB')
    const a1 = play.frame('a', 1)
    play.cancel('a', 1)
    play.deliver(a1, 'place')
    play.pull('a')
  }),

  /** Withdrawn here, accepted from the clone, retried here. */
  C11: played((play) => {
    play.create('a', 'like')
    play.clone('a', 'c')
    play.cancel('a', 1)
    play.push('c')
    play.retry('a', 1)
    play.pull('a')
    play.push('a')
  }),

  /** A handler throws when it decides again; what comes after it goes on. */
  C12: throwingHandlerFault,

  /** After the cascade, a2's history is another one than when it was made. */
  C13: played((play) => {
    cascade(play)
    play.push('a')
  }),

  /** b1° is placed, and lost with the backup; the old b1 arrives from before. */
  A1: played((play) => {
    play.create('b', 'TA')
    const b1 = play.frame('b', 1)
    play.create('a', 'TAB')
    play.push('a')
    play.pull('b')
    play.push('b')
    play.restore(0)
    play.deliver(b1, 'fork')
  }),

  /** Two running copies write a1: whose comes second must be told. The same a1 again is known. */
  A2: played((play) => {
    play.twin('a', 'c')
    play.create('a', 'TA')
    play.create('c', 'like')
    const a1 = play.frame('a', 1)
    play.deliver(a1, 'place')
    play.deliver(a1, 'known')
    play.deliver(play.frame('c', 1), 'collision')
  }),

  /** a2 arrives first: the server says what it waits for. */
  A3: played((play) => {
    play.create('a', 'TA')
    play.create('a', 'FA')
    play.deliver(play.frame('a', 2), 'gap')
  }),

  /** The first commit of a new leader leans on a1, and arrives first. */
  A4: played((play) => {
    play.create('a', 'TA')
    play.lead('a')
    play.create('a', 'FA')
    play.deliver(play.frame('a', 2), 'gap')
  }),

  /** Write skew: a1 reads A and writes B, b1 reads B and writes A. */
  A5: played((play) => {
    play.create('a', 'RAB')
    play.create('b', 'RBA')
    play.push('a')
    play.deliver(play.frame('b', 1), 'conflict')
  }),

  /** A copied machine is copied again, and a1 is somebody else's: both copies rename what they hold under it. */
  'A5 root': played((play) => {
    play.twin('a', 'c')
    play.create('c', 'like')
    play.twin('c', 'd')
    play.create('a', 'FA')
    play.push('a')
    play.pull('c')
    play.pull('d')
    play.push('c')
    play.deliver(play.frame('d', 1), 'applied')
  }),

  /** The server comes back from a backup and nobody told it so: b1 has seen more than there is. */
  'A5 ahead': played((play) => {
    play.create('a', 'FA')
    play.push('a')
    play.pull('b')
    play.create('b', 'TA')
    const b1 = play.frame('b', 1)
    play.restore(0)
    play.deliver({ ...b1, epoch: "e'" }, 'fork')
  }),

  /** a1 and a2 are pushed, b1 is placed, a1° is placed; the old a2 arrives and fits. */
  A6: played((play) => {
    play.create('a', 'TAB')
    play.create('a', 'NB')
    const a2 = play.frame('a', 2)
    play.create('b', 'TA')
    play.push('b')
    play.pull('a')
    play.deliver(play.frame('a', 1), 'place')
    play.deliver(a2, 'stale')
  }),

  /** Honest commits and a forged one, on streams that are marked. */
  A7: verifyingFault,

  /** A writer with a round trip of 5 ticks against one commit per tick. */
  A8: slowWriterFault,

  /** The server ends between the receipt and the disk. */
  A9: played((play) => {
    play.create('a', 'TA')
    play.push('a')
    play.pull('a')
    play.crashServer()
  }),
} as const

export const traceNames = Object.keys(traces) as readonly TraceName[]

function cascade(play: Play): void {
  play.create('a', 'TAB')
  play.create('a', 'NB')
  play.create('b', 'TA')
  play.push('b')
  play.pull('a')
}

function played(trace: Trace): (protocol: Protocol) => string | null {
  return (protocol) => faultOfTrace(protocol, trace)
}
