/**
 * Rule A8 in the small: one writer is far away, another writes to the same stream once per tick. The server counts
 * conflicts as a real one does (three of one dot, then its streams are held for it).
 */
import { dotKey } from '../../core/dot.ts'
import { create, receive } from './client.ts'
import { framesOf, newClient } from './client-state.ts'
import { emptyLog, offer } from './server.ts'
import type { Protocol } from './switches.ts'

const roundTripTicks = 5
const conflictsBeforeHold = 3
const patienceTicks = 60

/** Null if the slow writer's commit is placed in time. */
export function slowWriterFault(protocol: Protocol): string | null {
  let log = emptyLog('e')
  let slow = create(protocol, newClient('a', 'e'), { command: 'FA' })
  let fast = newClient('b', 'e')
  const conflicts = new Map<string, number>()
  let holder: { readonly name: string; readonly streams: ReadonlySet<string> } | null = null

  const push = (client: typeof slow): void => {
    for (const frame of framesOf(client)) {
      const { dot, guards } = frame.commit
      const held = holder === null || holder.name === dot.replica ? new Set<string>() : holder.streams
      const { verdict, log: after } = offer(protocol, log, frame, held)
      log = after
      if (verdict.kind !== 'conflict') continue
      const count = (conflicts.get(dotKey(dot)) ?? 0) + 1
      conflicts.set(dotKey(dot), count)
      if (count >= conflictsBeforeHold)
        holder = { name: dot.replica, streams: new Set(guards.map(({ stream }) => stream)) }
    }
  }

  for (let tick = 1; tick <= patienceTicks; tick += 1) {
    fast = receive(protocol, fast, log.entries.slice(fast.entries.length))
    if (fast.outbox.length === 0) fast = create(protocol, fast, { command: 'FA' })
    // What the slow one sends arrives before what the fast one decides now, and was decided long ago.
    if (tick % roundTripTicks === 0) {
      push(slow)
      slow = receive(protocol, slow, log.entries.slice(slow.entries.length))
      if (slow.outbox.length === 0) return null
    }
    push(fast)
  }
  return `a is not placed in ${patienceTicks} ticks`
}
