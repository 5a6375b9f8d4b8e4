/**
 * What can happen next in a small world. Core's own functions make the steps.
 *
 *   create    the next command of a client's program is decided
 *   deliver   a frame that was ever sent reaches the server, which places it or refuses it
 *   pull      a client receives the next entry, or all of them
 *   ack       a receipt reaches a client          cancel, retry   of a commit, by its author
 *   crash     a client or the server ends         lead            under a new replica id
 *   clone     the same store on another device, opened there        twin      and running on there as it is
 *   restore   the server comes back from a backup                   heal      a client learns of that
 *
 * Sending is no step of its own: whatever an outbox ever held counts as sent at once, stays on its way for ever, and is
 * delivered at any time, again and again, or never. So loss, doubling, delay and reordering need no steps either. A
 * late page is the same as a short one, for within an epoch a log only grows. Receipts, and crashes of a client or the
 * server between any two transactions, change nothing as long as the rules hold, so they are steps only where a rule
 * about them is off; that a client that comes back has another name is `lead`. (A test takes send, deliver, double, drop,
 * acknowledge and crash as steps of their own, and comes to the same worlds.)
 */
import { dotKey } from '../../core/dot.ts'
import { type Client, newClient } from './client-state.ts'
import {
  type ClientStep,
  devices,
  type Fault,
  faultNames,
  ownSteps,
  type Programs,
  pageLengths,
  rulelessSteps,
} from './client-steps.ts'
import type { Parts } from './parts.ts'
import { crash, emptyLog, restore } from './server.ts'
import type { Protocol } from './switches.ts'

export interface Scope {
  readonly programs: Programs
  /** How often each may happen in one run; 0 unless given, and a clone, a twin and a restore once at most. */
  readonly faults?: Partial<Record<Fault, number>>
  /** Keep frames that can never be placed any more: only to show that leaving them out hides nothing. */
  readonly keepsDead?: boolean
  /** Keep what commits say to know of the log as it is (see lowered.ts): to show that lowering it hides nothing. */
  readonly keepsBases?: boolean
}

/** All numbers are those of `Parts`. */
export interface State {
  readonly log: number
  readonly clients: readonly number[]
  /** What is on its way and may still have an effect, ascending. */
  readonly frames: readonly number[]
  /** How often each fault may still happen, in the order of `faultNames`. */
  readonly left: readonly number[]
}

export interface Step {
  readonly name: string
  readonly state: State
}

export function stepsOf(
  protocol: Protocol,
  { programs, faults = {}, keepsDead = false }: Scope,
  parts: Parts,
) {
  const { logs, clients, frames, once, received, answerTo } = parts
  const { off } = protocol
  mustBePossible(faults)
  const start: State = {
    log: logs.idOf(emptyLog('e')),
    clients: devices.slice(0, 2).map((name) => clients.idOf(newClient(name, 'e'))),
    frames: [],
    left: faultNames.map((fault) => faults[fault] ?? 0),
  }

  function* stepsFrom(state: State): Iterable<Step> {
    for (const frame of state.frames) {
      const { placed } = answerTo(state.log, frame)
      if (placed !== null)
        yield { name: `deliver ${frameName(frame)}`, state: alive({ ...state, log: placed }) }
    }
    if (off === 'A9') {
      const log = logs.idOf(crash(protocol, logs.of(state.log)))
      yield { name: 'crash the server', state: { ...state, log } }
    }
    if (isLeft(state, 'restore')) {
      const { entries, epoch } = logs.of(state.log)
      for (const { position } of entries) {
        const log = logs.idOf(restore(logs.of(state.log), position - 1, `${epoch}'`))
        yield { name: `restore @${position - 1}`, state: alive(spent({ ...state, log }, 'restore')) }
      }
    }
    for (const [index, id] of state.clients.entries()) {
      const steps = once(`steps ${state.log} ${id} ${state.left.join()}`, () => [
        ...clientSteps(state, clients.of(id)),
      ])
      for (const step of steps)
        yield { name: `${clients.of(id).name} ${step.name}`, state: moved(state, index, step) }
    }
  }

  function* clientSteps(state: State, client: Client): Iterable<ClientStep> {
    const log = logs.of(state.log)
    yield* ownSteps(protocol, programs, client, (fault) => isLeft(state, fault))

    const isForked = client.epoch !== log.epoch
    const id = clients.idOf(client)
    if (isForked) yield { name: 'learns of the fork', after: clients.of(parts.healed(id, state.log)) }
    const lengths = isForked ? [] : pageLengths(log.entries.length - client.entries.length)
    for (const length of lengths)
      yield { name: `pulls ${length}`, after: clients.of(received(id, state.log, length)) }
    yield* rulelessSteps(protocol, client, log)
  }

  function moved(state: State, index: number, { after, fault, other }: ClientStep): State {
    const all = state.clients.with(index, clients.idOf(after))
    const sent = parts.framesOf(clients.idOf(after))
    const next = fault === undefined ? state : spent(state, fault)
    return alive({
      ...next,
      clients: other === undefined ? all : [...all, clients.idOf(other)],
      frames: [...new Set([...state.frames, ...sent])].sort((a, b) => a - b),
    })
  }

  /**
   * Leaves out the frames that can never be placed any more: while a log only grows, a dot stays known, a conflict
   * stays one (the lemma of accept.ts) and a history is fixed once its commit's turn has come. They would only
   * multiply the states.
   */
  function alive(state: State): State {
    if (keepsDead || off === 'A9' || off === 'A1') return state
    return { ...state, frames: state.frames.filter((frame) => isAlive(answerTo(state.log, frame).kind)) }
  }

  function isAlive(kind: string): boolean {
    return kind === 'place' || kind === 'gap' || (kind === 'stale' && (off === 'A3' || off === 'A4'))
  }

  function isLeft({ left }: State, fault: Fault): boolean {
    return (left[faultNames.indexOf(fault)] as number) > 0
  }

  function spent(state: State, fault: Fault): State {
    const at = faultNames.indexOf(fault)
    return { ...state, left: state.left.with(at, (state.left[at] as number) - 1) }
  }

  function frameName(id: number): string {
    const { dot, withdrawn } = frames.of(id).commit
    return `${dotKey(dot)}${withdrawn === null ? '' : '°'}`
  }

  return { start, stepsFrom }
}

/** Throws RangeError. The device of a second clone, and the epoch of a second restore, would have no name. */
export function mustBePossible(faults: NonNullable<Scope['faults']>): void {
  const tooOften = (['clone', 'twin', 'restore'] as const).find((fault) => (faults[fault] ?? 0) > 1)
  if (tooOften !== undefined) throw new RangeError(`${tooOften} can happen once at most`)
}
