/**
 * The judge: looks at all logs of a server with no help from the code that wrote them, and names every breach of what
 * must hold at any time. It knows the shop's rules by heart, not its model.
 */
import { chainOf, chainStart, type Entry, isSealed } from 'varve/core'
import type { ServerLogs } from './log-file.ts'

interface Fact {
  readonly log: string
  readonly position: number
  readonly stream: string
  readonly type: string
  readonly data: Data
}

/** Of an event's data, what the rules below are about; which is there depends on the type. */
interface Data {
  readonly orderId: string
  readonly pieces: number
  readonly by: number
}

/** Every breach as a sentence; none if all is well. */
export function audit(logs: ServerLogs): readonly string[] {
  const facts = [...logs].flatMap(([log, entries]) => entries.flatMap((entry) => factsOf(log, entry)))
  return [
    ...[...logs].flatMap(([log, entries]) => auditLog(log, entries)),
    ...auditStock(facts),
    ...auditOrders(facts),
  ]
}

/** Which of these dots (`log replica counter`) are not in the logs exactly once. */
export function auditDots(logs: ServerLogs, acknowledged: Iterable<string>): readonly string[] {
  const timesByDot = new Map<string, number>()
  for (const [log, entries] of logs) {
    for (const { commit } of entries) {
      const dot = `${log} ${commit.dot.replica} ${commit.dot.counter}`
      timesByDot.set(dot, (timesByDot.get(dot) ?? 0) + 1)
    }
  }
  return [...new Set(acknowledged)].flatMap((dot) => {
    const times = timesByDot.get(dot) ?? 0
    if (times === 1) return []
    return [`acknowledged ${dot} is ${times === 0 ? 'lost' : `there ${times} times`}`]
  })
}

function auditLog(log: string, entries: readonly Entry[]): readonly string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  const intents = new Set<string>()
  const lastByReplica = new Map<string, number>()
  let chain = chainStart
  entries.forEach((entry, index) => {
    const { commit, position } = entry
    const name = `${log} @${index + 1}`
    if (position !== index + 1) problems.push(`${name}: has position ${position}`)
    if (!isSealed(commit)) problems.push(`${name}: its content is not what its hash says`)
    chain = chainOf(chain, entry)
    if (chain !== entry.chain) problems.push(`${name}: the chain is broken`)
    const dot = `${commit.dot.replica} ${commit.dot.counter}`
    if (seen.has(dot)) problems.push(`${name}: ${dot} is there twice`)
    seen.add(dot)
    if (commit.events.length > 0) {
      if (intents.has(commit.root)) problems.push(`${name}: one wish was done twice`)
      intents.add(commit.root)
    }
    const expected = (lastByReplica.get(commit.dot.replica) ?? 0) + 1
    if (commit.dot.counter !== expected)
      problems.push(`${name}: counter ${commit.dot.counter}, not ${expected}`)
    lastByReplica.set(commit.dot.replica, commit.dot.counter)
    if (commit.base >= position) problems.push(`${name}: decided on ${commit.base}, which is not before it`)
  })
  return problems
}

/** Received and adjusted = free + reserved, and neither is ever below zero. */
function auditStock(facts: readonly Fact[]): readonly string[] {
  const problems: string[] = []
  const freeBySku = new Map<string, number>()
  const reserved = new Map<string, number>()
  for (const { position, stream, type, data } of facts) {
    const free = freeBySku.get(stream) ?? 0
    const key = `${stream} ${data.orderId}`
    const held = reserved.get(key) ?? 0
    if (type === 'stock.received') freeBySku.set(stream, free + data.pieces)
    if (type === 'stock.adjusted') freeBySku.set(stream, free + data.by)
    if (type === 'stock.reserved') {
      if (held > 0) problems.push(`@${position}: ${key} is reserved twice`)
      freeBySku.set(stream, free - data.pieces)
      reserved.set(key, data.pieces)
    }
    if (type === 'stock.released') {
      if (held !== Number(data.pieces)) problems.push(`@${position}: ${key} releases what it does not hold`)
      freeBySku.set(stream, free + data.pieces)
      reserved.delete(key)
    }
    if ((freeBySku.get(stream) ?? 0) < 0) problems.push(`@${position}: ${stream} is below zero`)
  }
  return problems
}

/** Each requested order has one answer of the shop and one outcome; reserved is exactly what confirmed orders hold. */
function auditOrders(facts: readonly Fact[]): readonly string[] {
  const of = (stream: string, ...types: readonly string[]) =>
    facts.filter((fact) => fact.stream === stream && types.includes(fact.type))
  const requested = facts.filter(({ type }) => type === 'order.requested')
  return requested.flatMap(({ stream }) => {
    const problems: string[] = []
    const id = stream.slice('order/'.length)
    const asked = of(stream, 'order.requested').length
    const answers = of(`reservation/${id}`, 'reservation.made', 'reservation.refused')
    const cancelled = of(stream, 'order.cancelled').length
    const outcomes = of(stream, 'order.placed', 'order.declined')
    if (asked !== 1) problems.push(`${stream} was requested ${asked} times`)
    if (answers.length !== 1) problems.push(`${stream} has ${answers.length} answers`)
    const expected = cancelled > 0 && outcomes.length === 0 ? 0 : 1
    if (outcomes.length !== expected) problems.push(`${stream} has ${outcomes.length} outcomes`)
    const wasMade = answers.some(({ type }) => type === 'reservation.made')
    const wasPlaced = outcomes.some(({ type }) => type === 'order.placed')
    if (outcomes.length === 1 && wasMade !== wasPlaced) problems.push(`${stream}: answer and outcome differ`)
    const wasDeclined = outcomes.some(({ type }) => type === 'order.declined')
    const restored = facts.filter(({ type, data }) => type === 'cart.restored' && data.orderId === id).length
    if (restored !== (wasDeclined ? 1 : 0))
      problems.push(`${stream}: the cart was restored ${restored} times`)
    return problems
  })
}

function factsOf(log: string, { position, commit }: Entry): readonly Fact[] {
  return commit.events.map(({ stream, type, data }) => {
    return { log, position, stream, type, data: data as unknown as Data }
  })
}
