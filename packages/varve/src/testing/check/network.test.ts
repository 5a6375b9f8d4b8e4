import { describe, expect, it } from 'vitest'
import { dotKey } from '../../core/dot.ts'
import { acknowledge } from './client.ts'
import { explore } from './explore.ts'
import { reopened } from './identity.ts'
import { createParts } from './parts.ts'
import { controls } from './scopes.ts'
import { crash } from './server.ts'
import { type Scope, type State, stepsOf } from './steps.ts'
import { allRules } from './switches.ts'

/** How many copies of a frame can be on their way at once. */
const copiesMax = 2

/** What is on its way: each frame as often as there are copies of it, and receipts by dot. */
interface Net {
  readonly frames: readonly number[]
  readonly receipts: readonly string[]
}

/**
 * All worlds (log and clients) of a scope, with a network that does nothing by itself: a frame is sent, doubled, dropped
 * and delivered, a receipt sent and delivered, and clients and server crash, each as a step of its own.
 */
function worldsStepByStep(scope: Scope): { readonly worlds: ReadonlySet<string>; readonly states: number } {
  const parts = createParts(allRules)
  const { logs, clients, frames } = parts
  const { start, stepsFrom } = stepsOf(allRules, scope, parts)
  const worlds = new Set<string>()
  const seen = new Set<string>()
  const queue: (readonly [State, Net])[] = []

  function visit(state: State, net: Net): void {
    const ordered = { frames: net.frames.toSorted((a, b) => a - b), receipts: net.receipts.toSorted() }
    const world = JSON.stringify([logs.of(state.log), state.clients.map(clients.of)])
    const key = JSON.stringify([state.log, state.clients, state.left, ordered])
    if (seen.has(key)) return
    seen.add(key)
    worlds.add(world)
    queue.push([state, ordered])
  }

  visit(start, { frames: [], receipts: [] })
  // The queue grows while it is walked.
  for (const [state, net] of queue) {
    // The steps of the clients. What is delivered is delivered below, out of what is really on its way.
    for (const { state: next } of stepsFrom({ ...state, frames: [] })) visit({ ...next, frames: [] }, net)
    for (const [index, id] of state.clients.entries()) {
      const put = (client: number): void =>
        visit({ ...state, clients: state.clients.with(index, client) }, net)
      put(clients.idOf(reopened(clients.of(id))))
      for (const frame of parts.framesOf(id))
        if (!net.frames.includes(frame)) visit(state, { ...net, frames: [...net.frames, frame] })
      for (const receipt of net.receipts) {
        const dot = clients.of(id).outbox.find((commit) => dotKey(commit.dot) === receipt)?.dot
        if (dot === undefined) continue
        const acked = clients.idOf(acknowledge(allRules, clients.of(id), dot))
        const receipts = net.receipts.filter((other) => other !== receipt)
        visit({ ...state, clients: state.clients.with(index, acked) }, { ...net, receipts })
      }
    }
    for (const frame of new Set(net.frames)) {
      const one = net.frames.indexOf(frame)
      const dropped = { ...net, frames: net.frames.toSpliced(one, 1) }
      visit(state, dropped)
      if (net.frames.filter((other) => other === frame).length < copiesMax)
        visit(state, { ...net, frames: [...net.frames, frame] })
      const { kind, placed } = parts.answerTo(state.log, frame)
      const receipt = dotKey(frames.of(frame).commit.dot)
      const isSaid = kind === 'place' || kind === 'known'
      const receipts = isSaid ? [...new Set([...net.receipts, receipt])] : net.receipts
      visit({ ...state, log: placed ?? state.log }, { ...dropped, receipts })
    }
    visit({ ...state, log: logs.idOf(crash(allRules, logs.of(state.log))) }, net)
  }
  return { worlds, states: seen.size }
}

function worldsOf(scope: Scope): { readonly worlds: ReadonlySet<string>; readonly states: number } {
  const worlds = new Set<string>()
  const { states } = explore(allRules, scope, {
    onWorld: (log, clients) => worlds.add(JSON.stringify([log, clients])),
  })
  return { worlds, states }
}

describe('the network', () => {
  const scopes: Readonly<Record<string, Scope>> = {
    skew: controls.skew,
    leader: { programs: [['TA'], ['TA']], faults: { lead: 1 } },
    restore: { programs: [['TA'], []], faults: { restore: 1 } },
    cancel: { programs: [['TA'], []], faults: { cancel: 1, retry: 1 } },
    clone: { programs: [['TA'], []], faults: { clone: 1 } },
  }
  for (const [name, scope] of Object.entries(scopes)) {
    it(`Z5 send, double, drop, deliver, acknowledge and crash as steps lead to the same worlds: ${name}`, () => {
      const [explicit, implied] = [worldsStepByStep(scope), worldsOf(scope)]
      expect([...explicit.worlds.symmetricDifference(implied.worlds)].slice(0, 2)).toEqual([])
      expect(explicit.states).toBeGreaterThan(implied.states)
      console.log(`${name}: ${explicit.states} states step by step, ${implied.states} without`)
    })
  }
})
