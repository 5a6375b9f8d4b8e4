/**
 * Explores a small world to its end: breadth first, each state once, until a state is at fault or none is left. From
 * each state a calm network is tried as well: it must come to an end at which every wish ended once.
 */
import { type Calm, calmRound } from './calm.ts'
import type { Client } from './client-state.ts'
import { clientFault, endFault, logFault, lostFault } from './oracle.ts'
import { createParts, type Parts } from './parts.ts'
import type { Log } from './server.ts'
import { type Scope, type State, stepsOf } from './steps.ts'
import type { Protocol } from './switches.ts'
import { fatesFault } from './told-fates.ts'

export interface Explored {
  readonly states: number
  readonly steps: number
  /** Different combinations of log and clients among the states. */
  readonly worlds: number
  /** The first fault found, and a shortest way to it. */
  readonly violation: { readonly fault: string; readonly path: readonly string[] } | null
}

interface Node {
  readonly state: State
  readonly from: Node | null
  readonly step: string
}

export interface ExploreOptions {
  /** RangeError beyond so many states. */
  readonly statesMax?: number
  /** Shown each world, once for each state that it is in. */
  readonly onWorld?: (log: Log, clients: readonly Client[]) => void
}

export function explore(protocol: Protocol, scope: Scope, options: ExploreOptions = {}): Explored {
  const { statesMax = 1_000_000, onWorld } = options
  const parts = createParts(protocol)
  const { start, stepsFrom } = stepsOf(protocol, scope, parts)
  const faultOf = watch(protocol, parts)
  const seen = new Set<string>()
  const worlds = new Set<string>()
  const queue: Node[] = []
  let steps = 0
  let violation: Explored['violation'] = null

  function visit(node: Node): void {
    const { log, clients, frames, left } = node.state
    const world = `${log}|${clients.join()}`
    const key = `${world}|${frames.join()}|${left.join()}`
    if (seen.has(key)) return
    seen.add(key)
    worlds.add(world)
    onWorld?.(parts.logs.of(log), clients.map(parts.clients.of))
    if (seen.size > statesMax) throw new RangeError(`more than ${statesMax} states: ${JSON.stringify(scope)}`)
    queue.push(node)
    const fault = faultOf(node.state, node.from?.state ?? null)
    if (fault !== null) violation = { fault, path: pathOf(node) }
  }

  visit({ state: start, from: null, step: 'start' })
  // The queue grows while it is walked.
  for (const node of queue) {
    if (violation !== null) break
    for (const { name, state } of stepsFrom(node.state)) {
      steps += 1
      if (violation === null) visit({ state, from: node, step: name })
    }
  }
  return { states: seen.size, steps, worlds: worlds.size, violation }
}

function pathOf(node: Node): readonly string[] {
  const path: string[] = []
  for (let at = node; at.from !== null; at = at.from) path.push(at.step)
  return path.reverse()
}

/** What the oracle says of a state, and of the step that led to it. */
function watch(protocol: Protocol, parts: Parts) {
  const { logs, clients, once } = parts
  return (state: State, before: State | null): string | null => {
    const { entries, epoch } = logs.of(state.log)
    return (
      once(`log ${state.log}`, () => logFault(entries)) ??
      first(state.clients, (id) =>
        once(`client ${state.log} ${id}`, () => clientFault(clients.of(id), entries, epoch)),
      ) ??
      once(`all ${state.log} ${state.clients.join()}`, () => allFault(state)) ??
      (before === null ? null : toldFault(before, state))
    )
  }

  function allFault(state: State): string | null {
    return lostFault(state.clients.map(clients.of), logs.of(state.log).entries) ?? endFaultOf(state)
  }

  /** Where a calm network leads to. It must get there: a round that changes something is one of few. */
  function endFaultOf(state: Calm, roundsLeft = 20): string | null {
    const { log, clients: ids } = state
    return once(`end ${log} ${ids.join()}`, () => {
      const next = calmRound(parts, state)
      const isEnd = next.log === log && next.clients.every((id, index) => id === ids[index])
      if (!isEnd && roundsLeft > 0) return endFaultOf(next, roundsLeft - 1)
      const { entries } = logs.of(log)
      return logFault(entries) ?? endFault(ids.map(clients.of), entries)
    })
  }

  function toldFault(before: State, after: State): string | null {
    return first(before.clients, (was, index) => {
      const is = after.clients[index] as number
      return was === is
        ? null
        : once(`fates ${was} ${is}`, () => fatesFault(protocol, clients.of(was), clients.of(is)))
    })
  }
}

function first<T>(items: readonly T[], look: (item: T, index: number) => string | null): string | null {
  for (const [index, item] of items.entries()) {
    const fault = look(item, index)
    if (fault !== null) return fault
  }
  return null
}
