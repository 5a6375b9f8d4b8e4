/**
 * Plays a trace by hand: named clients, one server, and frames that are delivered when the trace says so. The oracle
 * looks after each step, and at the end the network becomes calm and all must have ended well.
 */
import type { ToyCommand } from '../toy-rules.ts'
import { type Calm, calmRound } from './calm.ts'
import { acknowledge, cancel, crashReceiving, create, lookInTab, receive } from './client.ts'
import { type Client, framesOf, newClient } from './client-state.ts'
import { cloneOf, healed, lead, twinOf } from './identity.ts'
import { clientFault, endFault, fateFault, logFault, lostFault } from './oracle.ts'
import { createParts } from './parts.ts'
import { crash, emptyLog, type Frame, offer, restore } from './server.ts'
import type { Protocol } from './switches.ts'
import { toldFates } from './told-fates.ts'

export interface Play {
  /** A client decides; false if it is refused at once. */
  create(name: string, command: ToyCommand, where?: 'in another tab'): boolean
  look(name: string): void
  cancel(name: string, nth: number): void
  retry(name: string, nth: number): void
  lead(name: string): void
  clone(name: string, copy: string): void
  twin(name: string, copy: string): void
  pull(name: string, crash?: 'crash'): void
  acknowledge(name: string, nth: number): void
  /** What the client would send now for its n-th pending commit, from 1. */
  frame(name: string, nth: number): Frame
  /** The server's verdict must be the one given. */
  deliver(frame: Frame, verdict: string): void
  /** Pushes all that is pending; all of it must be placed. */
  push(name: string): void
  restore(upTo: number): void
  crashServer(): void
}

export type Trace = (play: Play) => void

/** The first thing that is not as it must be, or null. */
export function faultOfTrace(protocol: Protocol, trace: Trace): string | null {
  const clients = new Map<string, Client>()
  let log = emptyLog('e')

  const clientAt = (name: string): Client => clients.get(name) ?? newClient(name, 'e')

  function put(name: string, after: Client): void {
    const before = clients.get(name)
    clients.set(name, after)
    const fates =
      before === undefined ? null : fateFault(toldFates(protocol, before), toldFates(protocol, after))
    must(fates ?? look())
  }

  function look(): string | null {
    const all = [...clients.values()]
    const faults = all.map((client) => clientFault(client, log.entries, log.epoch))
    return logFault(log.entries) ?? faults.find((fault) => fault !== null) ?? lostFault(all, log.entries)
  }

  function deliver(frame: Frame, expected: string): void {
    const answer = offer(protocol, log, frame)
    log = answer.log
    const { kind } = answer.verdict
    must(kind === expected ? look() : `the server answers ${kind} instead of ${expected}`)
  }

  const play: Play = {
    create(name, command, where) {
      const before = clientAt(name)
      const after = create(protocol, before, { command, inTab: where !== undefined })
      put(name, after)
      return after.outbox.length > before.outbox.length
    },
    look: (name) => put(name, lookInTab(protocol, clientAt(name))),
    cancel: (name, nth) => put(name, cancel(protocol, clientAt(name), pendingAt(clientAt(name), nth).dot)),
    retry(name, nth) {
      const again = pendingAt(clientAt(name), nth)
      put(name, create(protocol, clientAt(name), { command: again.commands[0]?.name as ToyCommand, again }))
    },
    lead: (name) => put(name, lead(protocol, clientAt(name))),
    clone: (name, copy) => put(copy, cloneOf(protocol, clientAt(name), copy)),
    twin: (name, copy) => put(copy, twinOf(clientAt(name), copy)),
    pull(name, ending) {
      const client = clientAt(name)
      const here = client.epoch === log.epoch ? client : healed(protocol, client, log)
      const page = log.entries.slice(here.entries.length)
      put(name, (ending === undefined ? receive : crashReceiving)(protocol, here, page))
    },
    acknowledge: (name, nth) =>
      put(name, acknowledge(protocol, clientAt(name), pendingAt(clientAt(name), nth).dot)),
    frame: (name, nth) => mustBe(framesOf(clientAt(name))[nth - 1], `${name} has no pending commit ${nth}`),
    deliver,
    push(name) {
      for (const frame of framesOf(clientAt(name))) deliver(frame, 'place')
    },
    restore(upTo) {
      log = restore(log, upTo, `${log.epoch}'`)
    },
    crashServer() {
      log = crash(protocol, log)
      must(look())
    },
  }

  try {
    trace(play)
    must(faultAtEnd(protocol, log, [...clients.values()]))
    return null
  } catch (thrown) {
    return (thrown as Error).message
  }
}

function faultAtEnd(
  protocol: Protocol,
  log: ReturnType<typeof emptyLog>,
  all: readonly Client[],
): string | null {
  const parts = createParts(protocol)
  let state: Calm = { log: parts.logs.idOf(log), clients: all.map(parts.clients.idOf) }
  for (let round = 0; round < 20; round += 1) state = calmRound(parts, state)
  const { entries } = parts.logs.of(state.log)
  return logFault(entries) ?? endFault(state.clients.map(parts.clients.of), entries)
}

function pendingAt({ name, outbox }: Client, nth: number) {
  return mustBe(outbox[nth - 1], `${name} has no pending commit ${nth}`)
}

function must(fault: string | null): void {
  if (fault !== null) throw new Error(fault)
}

function mustBe<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new Error(message)
  return value
}
