import { describe, expect, it } from 'vitest'
import { accept } from '../../core/accept.ts'
import { streamsWritten } from '../../core/commit.ts'
import { inLineage, writtenBy } from '../../core/lineage.ts'
import type { Model, ModelEvent } from '../../core/model.ts'
import { reconcile } from '../../core/reconcile.ts'
import type { StoreLog } from '../../log/port.ts'
import { firstViolation } from './controls.fixture.ts'
import { ledgerServer } from './ledger-server.ts'
import type { SimulationOptions } from './simulate.ts'
import { olderToy } from './toy-model-older.ts'

const serverWith = (broken: typeof accept): Partial<SimulationOptions> => ({
  server: ledgerServer({ accept: broken }),
})

describe('negative controls: what is broken on purpose is caught', () => {
  it('Z3 A5 a server without the conflict check', async () => {
    const noConflict: typeof accept = (pushed, facts) => accept(pushed, { ...facts, disturbedAt: new Map() })
    expect(await firstViolation({ seeds: 20, ...serverWith(noConflict) })).toMatch(
      /^server: @\d+ \S+: it leaned on seat\/., which @\d+ had changed$/,
    )
  })

  it('Z3 A6 a server that does not ask which history is continued', async () => {
    const noPrev: typeof accept = (pushed, facts) => accept({ ...pushed, prev: facts.history }, facts)
    const faults = ['cut', 'loss', 'duplication', 'reordering', 'takeOver', 'serverCrash'] as const
    expect(await firstViolation({ from: 60, seeds: 40, faults, ...serverWith(noPrev) })).toMatch(wrongGround)
  })

  it('Z3 A2 a server that places a known dot again', async () => {
    const forgetful: typeof accept = (pushed, facts) =>
      accept(pushed, {
        ...facts,
        known: null,
        counter: pushed.commit.dot.counter - 1,
        history: pushed.prev,
      })
    expect(await firstViolation({ seeds: 40, ...serverWith(forgetful) })).toMatch(
      /^server: @\d+ \S+: its name was placed before$/,
    )
  })

  it('Z3 A9 a server that sends receipts before they are durable', async () => {
    const early = { server: ledgerServer({ answersEarly: true }) }
    expect(await firstViolation({ seeds: 20, ...early })).toMatch(
      /^server: a receipt of \S+ at @\d+ before it is durable$/,
    )
  })

  it('Z3 A9 a server that was replaced and goes on writing', async () => {
    const unfenced = { server: ledgerServer({ unfenced: true }) }
    expect(await firstViolation({ seeds: 60, faults: ['takeOver'], ...unfenced })).toMatch(
      /^server: @\d+ \S+: it stands in place \d+$/,
    )
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
    expect(await firstViolation({ seeds: 40, broken: { reconcile: keepAll } })).toMatch(wrongGround)
  })

  it('Z3 R3 a client that drops what was refused', async () => {
    const dropRefused: typeof reconcile = (input) => {
      const result = reconcile(input)
      return { ...result, outbox: result.outbox.filter((commit) => commit.withdrawn === null) }
    }
    expect(await firstViolation({ seeds: 40, broken: { reconcile: dropRefused } })).toMatch(
      /^[abc]\d?\/\d+: counts \d+ pending, and there are \d+$/,
    )
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
    expect(await firstViolation({ seeds: 100, broken: { reconcile: noCascade } })).toMatch(wrongGround)
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
    expect(await firstViolation({ seeds: 40, broken: { log: torn } })).toMatch(
      /^[abc]\d?: \S+ is pending and placed$/,
    )
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
    expect(await firstViolation({ seeds: 60, faults: ['abort'], broken: { log: deaf } })).toMatch(
      /^[abc]\d?: \S+ was acknowledged and is not on its disk$/,
    )
  })

  it('Z3 E34 a build that passes over what it does not understand', async () => {
    const passed = { ...(olderToy.eventOf('seat.freed') as ModelEvent), evolve: (state: unknown) => state }
    const blind: Model = { ...olderToy, eventOf: (type) => olderToy.eventOf(type) ?? passed }
    expect(await firstViolation({ seeds: 60, olderModel: blind })).toMatch(
      /^[abc]\d?\/\d+: shows seat\/. as if it understood all of it$/,
    )
  })

  it('Z3 L1 a disk that forgets what it acknowledged, when the browser dies', async () => {
    const relaxed = ['appendCommits', 'applyEntries', 'reviseOutbox', 'resetLog'] as const
    expect(await firstViolation({ seeds: 60, broken: { relaxed } })).toMatch(
      /^[abc]\d?: (its log became shorter|\S+ left its outbox and is not in its log)$/,
    )
  })
})

/** What was placed was decided on something else than stands there. */
const wrongGround = /^server: @\d+ \S+: it was decided on \d+ events of seat\/., and there are \d+$/
