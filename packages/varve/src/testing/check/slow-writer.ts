/**
 * Rule A8 in the small: one writer is far away, twenty others write to the same stream once per tick, or lose to each
 * other. The server keeps a line as a real one does: after three misses of one dot it stands in it, and while it is the
 * first, nobody else writes to its streams.
 */
import { dotKey } from '../../core/dot.ts'
import { create, receive } from './client.ts'
import { framesOf, newClient } from './client-state.ts'
import { emptyLog, offer } from './server.ts'
import type { Protocol } from './switches.ts'

const roundTripTicks = 5
const missesBeforeHold = 3
const fastWriters = 20
/** Of three round trips to stand in line, one turn for each who stood there before, and its own. */
const patienceTicks = missesBeforeHold * roundTripTicks + fastWriters + 2 * roundTripTicks

interface Claim {
  readonly dot: string
  readonly name: string
  readonly streams: ReadonlySet<string>
}

/** Null if the slow writer's commit is placed in time. */
export function slowWriterFault(protocol: Protocol): string | null {
  let log = emptyLog('e')
  let slow = create(protocol, newClient('slow', 'e'), { command: 'FA' })
  let fast = Array.from({ length: fastWriters }, (_, index) => newClient(`f${index}`, 'e'))
  const misses = new Map<string, number>()
  let line: readonly Claim[] = []
  /** Where the log stood when the slow one began to stand in line. */
  let claimedAt: number | null = null

  const push = (client: typeof slow): void => {
    for (const frame of framesOf(client)) {
      const { dot, guards } = frame.commit
      const key = dotKey(dot)
      const first = line[0]
      const held = first === undefined || first.name === dot.replica ? new Set<string>() : first.streams
      const { verdict, log: after } = offer(protocol, log, frame, held)
      log = after
      if (verdict.kind === 'place') line = line.filter((claim) => claim.dot !== key)
      if (verdict.kind !== 'conflict' && verdict.kind !== 'held') continue
      const count = (misses.get(key) ?? 0) + 1
      misses.set(key, count)
      if (count < missesBeforeHold || line.some((claim) => claim.dot === key)) continue
      line = [...line, { dot: key, name: dot.replica, streams: new Set(guards.map(({ stream }) => stream)) }]
      if (client === slow) claimedAt = log.entries.length
    }
  }

  for (let tick = 1; tick <= patienceTicks; tick += 1) {
    const seen = log.entries
    fast = fast.map((client) => {
      const present = receive(protocol, client, seen.slice(client.entries.length))
      return present.outbox.length === 0 ? create(protocol, present, { command: 'FA' }) : present
    })
    // Each time another is the first of them; and what the slow one sends was decided long ago.
    for (let n = 0; n < fastWriters; n += 1) push(fast[(tick + n) % fastWriters] as typeof slow)
    if (tick % roundTripTicks !== 0) continue
    push(slow)
    slow = receive(protocol, slow, log.entries.slice(slow.entries.length))
    if (slow.outbox.length > 0) continue
    const overtook = log.entries.length - 1 - (claimedAt ?? 0)
    return overtook <= fastWriters ? null : `${overtook} were placed while the slow one stood in line`
  }
  return `the slow one is not placed in ${patienceTicks} ticks`
}
