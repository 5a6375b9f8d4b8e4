/** A model whose states, values and rows hold functions, which no worker can post; and a stream that is as it should be. */
import * as v from 'valibot'
import { event } from '../core/event.ts'
import { defineModel } from '../core/model.ts'
import { defineProjection } from '../core/projection.ts'
import { defineStream } from '../core/stream.ts'
import { defineTable } from '../core/table.ts'

interface Gated {
  readonly passed: number
  readonly mayPass: (() => boolean) | null
}
const shut: Gated = { passed: 0, mayPass: null }

/** Plain until its first event. */
export const Gate = defineStream('gate', {
  initial: shut,
  events: { passed: event(v.object({})) },
  evolve: { passed: (gate) => ({ passed: gate.passed + 1, mayPass: () => true }) },
  commands: ({ command, emit }) => ({ pass: command(() => emit.passed({})) }),
})

export const Bell = defineStream('bell', {
  initial: 0,
  events: { rung: event(v.object({})) },
  evolve: { rung: (rung) => rung + 1 },
  commands: ({ command, emit }) => ({ ring: command(() => emit.rung({})) }),
})

export const Last = defineProjection('last', {
  from: [Gate],
  initial: { say: () => 'nobody' },
  on: { 'gate.passed': (last) => last },
})

export const Visits = defineTable('visits', {
  from: [Gate],
  key: ({ streamId }) => streamId,
  row: v.object({ say: v.function() }),
  on: { 'gate.passed': (row) => row ?? { say: () => 'somebody' } },
})

export const gates = defineModel('gates', { logs: { park: [Gate, Bell] }, projections: [Last, Visits] })
