/** Rule C12 in the small, with a model of its own: a handler that throws as soon as somebody else has been there. */

import type { CommandRecord } from '../../core/commit.ts'
import { rulesOf } from '../../core/decide.ts'
import { event } from '../../core/event.ts'
import { createLedger } from '../../core/ledger.ts'
import { defineModel } from '../../core/model.ts'
import { defineStream } from '../../core/stream.ts'
import { createWorld, type World } from '../../core/world.ts'
import { type ReferenceReplica, referenceReplica } from '../reference-replica.ts'
import type { Protocol } from './switches.ts'

const anything = {
  '~standard': { version: 1, vendor: 'varve', validate: (value: unknown) => ({ value }) },
} as const

const Door = defineStream('door', {
  initial: 0,
  events: { opened: event(anything) },
  evolve: { opened: (times) => times + 1 },
  commands: ({ command, emit }) => ({
    open: command((times) => {
      if (times > 0) throw new Error('no handler for a door that is open')
      return emit.opened({})
    }),
  }),
})
const model = defineModel('house', { logs: { house: [Door] } })

/** Null if a1, which cannot be decided any more, is withdrawn, and a2 is placed behind it. */
export function throwingHandlerFault(protocol: Protocol): string | null {
  const ledger = createLedger('e')
  const [a, b] = ['a', 'b'].map((replica) =>
    referenceReplica<World>({
      ...{ log: 'house', replica, rules: protocol.rulesOf(rulesOf(model, 'house')) },
      initial: createWorld(model, 'house'),
    }),
  ) as [ReferenceReplica<World>, ReferenceReplica<World>]

  const open = (replica: ReferenceReplica<World>, door: string, seed: string): void => {
    const commands: readonly CommandRecord[] = [{ stream: Door.at(door).stream, name: 'open' }]
    replica.dispatch({ commands, now: 0, seed })
  }
  const push = (replica: ReferenceReplica<World>): readonly string[] =>
    replica.outbox().map((commit) => {
      const prev = ledger.facts(commit).history
      return ledger.offer({ epoch: 'e', prev, commit, principal: null, time: 0 }).kind
    })

  open(a, 'front', 'a1')
  open(a, 'back', 'a2')
  open(b, 'front', 'b1')
  push(b)
  try {
    a.receive('e', ledger.entries(0))
  } catch {
    return 'a cannot apply what b has done'
  }
  const reasons = a.outbox().map(({ withdrawn }) => withdrawn?.reason ?? null)
  if (reasons.join() !== 'undecidable,') return `a holds ${reasons.join()}`
  return push(a).join() === 'place,place' ? null : 'a2 is not placed behind a1'
}
