import { describe, expect, it } from 'vitest'
import { accept } from '../../core/accept.ts'
import { streamsWritten } from '../../core/commit.ts'
import { inLineage, writtenBy } from '../../core/lineage.ts'
import type { Model, ModelEvent } from '../../core/model.ts'
import { reconcile } from '../../core/reconcile.ts'
import type { StoreLog } from '../../log/port.ts'
import { defaultFaults, drawHistory } from './history.ts'
import { ledgerServer } from './ledger-server.ts'
import { runHistory, type SimulationOptions } from './simulate.ts'
import { toySimulation } from './toy-model.ts'
import { olderToy } from './toy-model-older.ts'

/** What the first violated run of so many seeds says, or null. */
async function firstViolation(
  seeds: number,
  broken: Partial<SimulationOptions>,
  faults = defaultFaults,
): Promise<string | null> {
  for (let seed = 1; seed <= seeds; seed++) {
    const history = drawHistory({ seed, devices: 2 + (seed % 2), actions: 40, faults })
    const { violation } = await runHistory(history, { ...toySimulation, ...broken })
    if (violation !== null) return violation
  }
  return null
}

const serverWith = (broken: typeof accept): Partial<SimulationOptions> => ({
  server: ledgerServer({ accept: broken }),
})

describe('negative controls: what is broken on purpose is caught', () => {
  it('Z3 A5 a server without the conflict check', async () => {
    const noConflict: typeof accept = (pushed, facts) => accept(pushed, { ...facts, disturbedAt: new Map() })
    expect(await firstViolation(20, serverWith(noConflict))).toMatch(/it leaned on|was decided on/)
  })

  it('Z3 A6 a server that does not ask which history is continued', async () => {
    const noPrev: typeof accept = (pushed, facts) => accept({ ...pushed, prev: facts.history }, facts)
    expect(await firstViolation(400, serverWith(noPrev))).toMatch(/was decided on/)
  })

  it('Z3 A2 a server that places a known dot again', async () => {
    const forgetful: typeof accept = (pushed, facts) =>
      accept(pushed, {
        ...facts,
        known: null,
        counter: pushed.commit.dot.counter - 1,
        history: pushed.prev,
      })
    expect(await firstViolation(40, serverWith(forgetful))).toMatch(/its name was placed before/)
  })

  it('Z3 A9 a server that sends receipts before they are durable', async () => {
    const early = { server: ledgerServer({ answersEarly: true }) }
    expect(await firstViolation(20, early)).toMatch(/a receipt of .* before it is durable/)
  })

  it('Z3 A9 a server that was replaced and goes on writing', async () => {
    const unfenced = { server: ledgerServer({ unfenced: true }) }
    expect(await firstViolation(60, unfenced, ['takeOver'])).toMatch(/server: /)
  })

  it('Z3 R3 a client that keeps disturbed commits as they are', async () => {
    const keepAll: typeof reconcile = (input) =>
      reconcile({
        ...input,
        rules: {
          ...input.rules,
          decide: (_state, intent) => {
            const { guards, events } = input.outbox.find(({ seed }) => seed === intent.seed) ?? {}
            return { ok: true, guards: guards ?? [], events: events ?? [] }
          },
        },
      })
    expect(await firstViolation(40, { broken: { reconcile: keepAll } })).toMatch(/was decided on/)
  })

  it('Z3 R3 a client that drops what was refused', async () => {
    const dropRefused: typeof reconcile = (input) => {
      const result = reconcile(input)
      return { ...result, outbox: result.outbox.filter((commit) => commit.withdrawn === null) }
    }
    expect(await firstViolation(40, { broken: { reconcile: dropRefused } })).toMatch(/seed/)
  })

  it('Z3 C4 a client that decides again what strangers disturbed, and not what leaned on it', async () => {
    const noCascade: typeof reconcile = (input) => {
      const result = reconcile(input)
      const lineage = writtenBy(input.lineage, input.issued)
      const foreign = input.page.filter(({ commit }) => !inLineage(lineage, commit.dot))
      const disturbed = new Set(foreign.flatMap(({ commit }) => [...streamsWritten(commit)]))
      const changed = result.changed.filter(
        ({ before, after }) =>
          after.withdrawn?.reason === 'cancelled' ||
          before.guards.some(({ kind, stream }) => kind === 'serial' && disturbed.has(stream)),
      )
      const back = new Map(
        result.changed.filter((each) => !changed.includes(each)).map((each) => [each.after, each.before]),
      )
      const outbox = result.outbox.map((commit) => back.get(commit) ?? commit)
      let pending = input.rules.fork(result.confirmed)
      for (const commit of outbox) pending = input.rules.apply(pending, commit)
      return { ...result, outbox, changed, pending }
    }
    expect(await firstViolation(100, { broken: { reconcile: noCascade } })).toMatch(/was decided on/)
  })

  it('Z3 C1 L4 a log that stores a page in two transactions', async () => {
    const torn = (log: StoreLog): StoreLog => ({
      ...log,
      async applyEntries(write) {
        const { placed, changed, inbox, inboxGone } = write
        if (placed.length + changed.length === 0) return log.applyEntries(write)
        const first = await log.applyEntries({ ...write, placed: [], changed: [], inbox: [], inboxGone: [] })
        if (first.status !== 'written') return first
        const head = first.record.heads.find((each) => each.log === write.log)
        const position = head?.position ?? 0
        const outboxRevision = head?.outboxRevision ?? 0
        const stamp = { ...write.stamp, position, outboxRevision }
        return log.applyEntries({ ...write, stamp, entries: [], placed, changed, inbox, inboxGone })
      },
    })
    expect(await firstViolation(40, { broken: { log: torn } })).toMatch(/is pending and placed/)
  })

  it('Z3 L18 a log that takes an aborted transaction for a complete one', async () => {
    const deaf = (log: StoreLog): StoreLog => ({
      ...log,
      async appendCommits(write) {
        try {
          return await log.appendCommits(write)
        } catch {
          return { status: 'written', record: await log.readRecord() }
        }
      },
    })
    expect(await firstViolation(60, { broken: { log: deaf } }, ['abort'])).toMatch(
      /is not on its disk|pending/,
    )
  })

  it('Z3 E34 a build that passes over what it does not understand', async () => {
    const passed = { ...(olderToy.eventOf('seat.freed') as ModelEvent), evolve: (state: unknown) => state }
    const blind: Model = { ...olderToy, eventOf: (type) => olderToy.eventOf(type) ?? passed }
    expect(await firstViolation(60, { olderModel: blind })).toMatch(/as if it understood all of it/)
  })

  it('Z3 L1 a disk that forgets what it acknowledged, when the browser dies', async () => {
    const relaxed = ['appendCommits', 'applyEntries', 'reviseOutbox', 'resetLog'] as const
    expect(await firstViolation(200, { broken: { relaxed } })).toMatch(/is not on its disk|seed/)
  })
})
