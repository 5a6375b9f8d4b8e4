/**
 * The simulation: N replicas and one server over a network that loses, doubles, delays and reorders, with restarts,
 * dropped connections, new leaders and cancels. It drives core's reconcile and accept and the pure session: the real
 * code, in virtual time. One seed is one run.
 *
 * While it runs, an auditor checks after every delivery that a replica's state is what a naive replay gives; at the
 * end, with the faults over, that all agree and that every wish ended exactly once. It shares no code with core
 * except hashing.
 */

import type { accept } from '../core/accept.ts'
import type { CommandRecord, Commit } from '../core/commit.ts'
import type { ReplicaId } from '../core/dot.ts'
import { createLedger } from '../core/ledger.ts'
import type { reconcile } from '../core/reconcile.ts'
import type { Rules } from '../core/rules.ts'
import { decodeClient, decodeServer, encode } from '../protocol/codec.ts'
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts'
import { stepSession } from '../protocol/session.ts'
import {
  newSession,
  reportOf,
  type SessionInput,
  type SessionOutput,
  type SessionState,
  sessionWakeAtMs,
} from '../protocol/session-state.ts'
import { type Audit, auditAgreement, auditReplica, type WishedCommit } from './audit.ts'
import { type ReferenceReplica, referenceReplica } from './reference-replica.ts'
import { referenceServer } from './reference-server.ts'
import { type SeededRandom, seededRandom } from './seeded-random.ts'
import { createTimeline } from './timeline.ts'

/** Probabilities, per message or per action; each seed enables a random subset of them. */
export interface SimulationFaults {
  readonly loss: number
  readonly duplication: number
  readonly delayMsMax: number
  readonly disconnect: number
  readonly serverRestart: number
  readonly newLeader: number
  readonly cancel: number
  /** A replica goes offline for a while. */
  readonly offline: number
}

export const defaultFaults: SimulationFaults = {
  loss: 0.15,
  duplication: 0.15,
  delayMsMax: 3_000,
  disconnect: 0.05,
  serverRestart: 0.03,
  newLeader: 0.04,
  cancel: 0.04,
  offline: 0.05,
}

export interface SimulationOptions<S> {
  readonly seed: number
  readonly rules: Rules<S>
  /** A fresh initial state. */
  readonly initial: () => S
  /** A state as plain data, to be compared. */
  readonly show: (state: S) => unknown
  /** What a user wishes next, drawn at random. */
  readonly wish: (random: SeededRandom, state: S) => readonly CommandRecord[]
  readonly replicas?: number
  readonly actions?: number
  readonly faults?: Partial<SimulationFaults>
  /** Test-only: rules switched off, as negative controls. */
  readonly broken?: { readonly reconcile?: typeof reconcile; readonly accept?: typeof accept }
}

export interface SimulationResult {
  readonly seed: number
  readonly entries: number
  readonly wishes: number
  readonly withdrawn: number
  readonly redecided: number
  /** The first violation as a sentence, or null. */
  readonly violation: string | null
}

const simulatedLog = 'sim'
/** Quiet time after the last fault within which all must agree. */
const settleMs = 10 * 60_000
const actionEveryMs = 400

/** Runs one seed. Never throws for a violation: it is in the result. */
export function simulate<S>(options: SimulationOptions<S>): SimulationResult {
  const random = seededRandom(options.seed)
  const faults = drawFaults(random, { ...defaultFaults, ...options.faults })
  const timeline = createTimeline()
  const ledger = createLedger('epoch-1', options.broken?.accept)
  const server = referenceServer(simulatedLog, ledger, timeline.now)
  const audit: Audit<S> = { ...options, violation: null, wishes: [], withdrawn: 0, redecided: 0 }
  let isCalm = false

  const nodes = Array.from({ length: options.replicas ?? 3 }, (_, i) =>
    createNode(String.fromCharCode(97 + i)),
  )

  function createNode(name: ReplicaId) {
    const replica: ReferenceReplica<S> = referenceReplica({
      log: simulatedLog,
      replica: name,
      rules: options.rules,
      initial: options.initial(),
      ...(options.broken?.reconcile === undefined ? {} : { reconcileWith: options.broken.reconcile }),
    })
    let state: SessionState = newSession(name, 'token', [replica.stored()])
    let link: { toServer(message: ClientMessage): void; cut(): void } | null = null
    let isOffline = false
    let minted = 0

    function take(input: SessionInput): void {
      const [next, outputs] = stepSession(state, input, { nowMs: timeline.now(), random: random.next() })
      state = next
      for (const output of outputs) perform(output)
      const wakeAtMs = sessionWakeAtMs(state, timeline.now())
      const armedFor = state
      if (Number.isFinite(wakeAtMs)) {
        timeline.at(wakeAtMs, () => {
          if (state === armedFor) take({ type: 'tick' })
        })
      }
      auditReplica(audit, replica, reportOf(state), ledger)
    }

    function perform(output: SessionOutput): void {
      if (output.type === 'connect') link = connect()
      else if (output.type === 'disconnect') link?.cut()
      else if (output.type === 'send') link?.toServer(output.message)
      else if (output.type === 'withdraw') {
        replica.withdraw(output.commit.dot, output.reason)
        take({ type: 'stored', logs: [replica.stored()] })
      } else if (output.type !== 'apply') throw new Error(`not simulated here: ${output.type}`)
      else if (replica.receive(output.epoch, output.entries)) {
        audit.redecided += replica.last()?.changed.length ?? 0
        take({ type: 'stored', logs: [replica.stored()] })
      } else take({ type: 'not_applied', log: output.log })
    }

    function connect() {
      let isOpen = true
      const remote = server.connect((message) => deliver(encode(message), (text) => isOpen && receive(text)))
      const link = {
        toServer(message: ClientMessage) {
          deliver(encode(message), (text) => {
            const decoded = decodeClient(text)
            if (isOpen && decoded.ok) remote.receive(decoded.message)
          })
        },
        cut() {
          isOpen = false
          remote.close()
        },
      }
      timeline.at(timeline.now() + delay(), () => isOpen && !isOffline && take({ type: 'opened' }))
      return link
    }

    function receive(text: string): void {
      const decoded = decodeServer(text)
      take(decoded.ok ? { type: 'received', message: decoded.message as ServerMessage } : { type: 'garbled' })
    }

    function deliver(text: string, arrive: (text: string) => void): void {
      const copies = isCalm ? 1 : random.chance(faults.loss) ? 0 : random.chance(faults.duplication) ? 2 : 1
      for (let copy = 0; copy < copies; copy++) {
        timeline.at(timeline.now() + delay(), () => {
          if (!isOffline) arrive(text)
        })
      }
    }

    return {
      replica,
      start: () => take({ type: 'start' }),
      wish(): void {
        const commands = options.wish(random, replica.pending())
        const wish = { commands, now: timeline.now(), seed: `${options.seed}-${audit.wishes.length}` }
        const decided = replica.dispatch(wish)
        if (!decided.ok || decided.dot === undefined) return
        audit.wishes.push({ dot: decided.dot, seed: wish.seed } satisfies WishedCommit)
        take({ type: 'stored', logs: [replica.stored()] })
      },
      cancel(): void {
        const { length } = replica.outbox()
        if (length === 0) return
        const commit = replica.outbox()[random.below(length)] as Commit
        replica.withdraw(commit.dot, 'cancelled')
        take({ type: 'stored', logs: [replica.stored()] })
      },
      lead(): void {
        minted += 1
        replica.mint(`${name}${minted}`)
        take({ type: 'stop' })
        take({ type: 'stored', logs: [replica.stored()] })
        take({ type: 'start' })
      },
      drop(): void {
        link?.cut()
        take({ type: 'closed' })
      },
      setOffline(offline: boolean): void {
        isOffline = offline
        if (!offline) take({ type: 'hint', network: 'online' })
      },
    }
  }

  function delay(): number {
    return isCalm ? 20 : 5 + random.below(faults.delayMsMax)
  }

  function act(): void {
    const node = random.pick(nodes)
    if (random.chance(faults.disconnect)) node.drop()
    else if (random.chance(faults.newLeader)) node.lead()
    else if (random.chance(faults.cancel)) node.cancel()
    else if (random.chance(faults.offline)) {
      node.setOffline(true)
      timeline.at(timeline.now() + random.below(20_000), () => node.setOffline(false))
    } else if (random.chance(faults.serverRestart)) {
      server.restart()
      for (const each of nodes) each.drop()
    } else node.wish()
  }

  for (const node of nodes) node.start()
  const actions = options.actions ?? 100
  for (let i = 1; i <= actions; i++) timeline.at(i * actionEveryMs, act)
  const endMs = (actions + 1) * actionEveryMs
  while (audit.violation === null && timeline.step(endMs)) {}
  isCalm = true
  for (const node of nodes) node.setOffline(false)
  const isDone = () =>
    auditAgreement(
      audit,
      nodes.map((node) => node.replica),
      ledger,
    ) === null
  while (audit.violation === null && !isDone() && timeline.step(endMs + settleMs)) {}

  const violation =
    audit.violation ??
    auditAgreement(
      audit,
      nodes.map((node) => node.replica),
      ledger,
    )
  const { wishes, withdrawn, redecided } = audit
  return {
    seed: options.seed,
    entries: ledger.head(),
    wishes: wishes.length,
    withdrawn,
    redecided,
    violation: violation === null ? null : `seed ${options.seed}: ${violation}`,
  }
}

/** Swarm: each seed turns a random half of the faults on. */
function drawFaults(random: SeededRandom, faults: SimulationFaults): SimulationFaults {
  const drawn: Record<string, number> = {}
  for (const [name, value] of Object.entries(faults))
    drawn[name] = random.chance(0.5) ? value : name === 'delayMsMax' ? 50 : 0
  return drawn as unknown as SimulationFaults
}
