import { type Commit, outcomeOf } from '../core/commit.ts'
import { createLedger } from '../core/ledger.ts'
import { referenceReplica } from '../testing/reference-replica.ts'
import { noSeats, type ToyCommand, toy, toyRules } from '../testing/toy-rules.ts'
import type { Push, ServerMessage } from './messages.ts'
import { wireLimits } from './messages.ts'
import { stepSession } from './session.ts'
import {
  newSession,
  reportOf,
  type SessionInput,
  type SessionOutput,
  type SessionState,
  sessionWakeAtMs,
} from './session-state.ts'

/** A session with a store behind it and nothing in front: the test is the server. */
export function sessionOver(...commands: ToyCommand[]) {
  const replica = referenceReplica({ log: 'toy', replica: 'a', rules: toyRules, initial: noSeats })
  const wish = (command: ToyCommand, seed: string) =>
    replica.dispatch({ commands: [toy(command)], now: 0, seed })
  for (const [i, command] of commands.entries()) wish(command, `s${i}`)
  let state: SessionState = newSession('store', 'token', [replica.stored()])
  let nowMs = 0
  const take = (input: SessionInput): readonly SessionOutput[] => {
    const [next, outputs] = stepSession(state, input, { nowMs, random: 0.5 })
    state = next
    return outputs
  }
  const hear = (message: ServerMessage) => take({ type: 'received', message })
  return {
    replica,
    take,
    hear,
    wish(command: ToyCommand) {
      wish(command, `later-${replica.outbox().length}`)
      return take({ type: 'stored', logs: [replica.stored()] })
    },
    stored: () => take({ type: 'stored', logs: [replica.stored()] }),
    wait(ms: number) {
      nowMs += ms
      return take({ type: 'tick' })
    },
    live(head = 0, epoch = 'e') {
      take({ type: 'start' })
      take({ type: 'opened' })
      return hear({
        type: 'welcome',
        protocol: 1,
        logs: [{ log: 'toy', epoch, head }],
        heartbeatMs: 5_000,
        limits: wireLimits,
      })
    },
    state: () => state,
    report: () => reportOf(state),
    wakeInMs: () => sessionWakeAtMs(state, nowMs) - nowMs,
  }
}

export const kinds = (outputs: readonly SessionOutput[]) =>
  outputs.map((output) => (output.type === 'send' ? output.message.type : output.type))
export const pushOf = (outputs: readonly SessionOutput[]): Push | undefined =>
  outputs.flatMap((output) =>
    output.type === 'send' && output.message.type === 'push' ? [output.message] : [],
  )[0]
export const receiptFor = (...commits: readonly Commit[]): ServerMessage => ({
  type: 'receipt',
  log: 'toy',
  placed: commits.map((commit, i) => ({ dot: commit.dot, position: i + 1, outcome: outcomeOf(commit) })),
})

export function createdEntries() {
  const ledger = createLedger('e')
  const other = referenceReplica({ log: 'toy', replica: 'b', rules: toyRules, initial: noSeats })
  other.dispatch({ commands: [toy('like')], now: 0, seed: 'b' })
  for (const commit of other.outbox())
    ledger.offer({ epoch: 'e', prev: '', commit, principal: null, time: 0 })
  return ledger.entries(0)
}
