import { describe, expect, it } from 'vitest'
import { event } from '../../core/event.ts'
import { defineModel } from '../../core/model.ts'
import type { AnyProjection } from '../../core/projection.ts'
import { defineProjection } from '../../core/projection.ts'
import { defineStream } from '../../core/stream.ts'
import { defineTable } from '../../core/table.ts'
import { type ModelSimulation, simulateModel } from '../simulate-model.ts'
import { anything } from './toy-shapes.ts'

interface Till {
  readonly cents: number
}

/** What one application does with money, well unless told otherwise. */
interface Ways {
  readonly concurrency?: 'serial' | 'commute'
  readonly put?: (till: Till, cents: number) => Till
  readonly decide?: (cents: number) => number
  readonly projections?: (tills: ReturnType<typeof defineTill>) => readonly AnyProjection[]
}

function defineTill({ concurrency = 'serial', put, decide = (cents) => cents }: Ways) {
  return defineStream('till', {
    concurrency,
    initial: { cents: 0 } as Till,
    events: { put: event(anything<{ readonly cents: number }>()) },
    evolve: { put: (till, { cents }) => put?.(till, cents) ?? { cents: till.cents + cents } },
    commands: ({ command, emit, reject }) => ({
      put: command(() => emit.put({ cents: decide(1) })),
      take: command((till) => (till.cents < 1 ? reject('empty') : emit.put({ cents: -1 }))),
    }),
  })
}

function simulationOf(ways: Ways): Pick<ModelSimulation, 'model' | 'wish'> {
  const tills = defineTill(ways)
  return {
    model: defineModel('shop', { logs: { shop: [tills] }, projections: ways.projections?.(tills) ?? [] }),
    wish: (random) => (random.chance(0.5) ? tills.commands.put('1') : tills.commands.take('1')),
  }
}

async function firstViolated(of: Omit<ModelSimulation, 'seed'>, seeds = 40) {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const result = await simulateModel({ ...of, seed })
    if (result.violation !== null) return result
  }
  return null
}

const neverNegative: ModelSimulation['invariant'] = (read) => {
  const { cents } = read('till/1') as Till
  return cents < 0 ? `the till holds ${cents}` : null
}

describe('the simulation of an application’s model', () => {
  it('Z4 Z7 what must hold in its logs is asked after each entry; what breaks it is made short, and replayed', async () => {
    expect(await firstViolated({ ...simulationOf({}), invariant: neverNegative }, 10)).toBe(null)
    const careless = { ...simulationOf({ concurrency: 'commute' }), invariant: neverNegative }
    const found = await firstViolated(careless)
    expect(found?.violation).toMatch(/the till holds -1/)
    expect(found?.actions?.length).toBeLessThan(8)
    const again = await simulateModel({ ...careless, ...(found?.replay ?? { seed: 1 }) })
    expect(again.violation).toBe(found?.violation)
  })

  it('Z4 a handler that is not pure is named', async () => {
    let calls = 0
    const counting = simulationOf({ decide: () => (calls += 1) })
    const found = await firstViolated(counting)
    expect(found?.violation).toMatch(/put on till\/1 is not pure/)
  })

  it('Z4 a fold that is not pure is named, of a stream, a value and a table, also in what JSON does not show', async () => {
    let calls = 0
    const tick = (): number => (calls += 1)
    const broken: Readonly<Record<string, Ways>> = {
      'till/1': {
        put: (till, cents) => ({ cents: till.cents + cents, ...{ at: new Map([['at', tick()]]) } }),
      },
      sum: {
        projections: (tills) => [
          defineProjection('sum', { from: [tills], initial: 0, on: { 'till.put': () => tick() } }),
        ],
      },
      rows: {
        projections: (tills) => [
          defineTable('rows', {
            from: [tills],
            key: ({ streamId }) => streamId,
            row: anything<{ readonly at: number }>(),
            on: { 'till.put': () => ({ at: tick() }) },
          }),
        ],
      },
    }
    for (const [name, ways] of Object.entries(broken))
      expect((await firstViolated(simulationOf(ways)))?.violation).toMatch(
        new RegExp(`: [abc]\\d?/\\d+: shows ${name} as .*, and it is `),
      )
  })

  it('Z4 E33 E34 folds that throw, and rows that are none, are followed as they are documented', async () => {
    const throwing = (): never => {
      throw new Error('at noon')
    }
    const failing: readonly Ways[] = [
      { put: (till, cents) => (till.cents + cents > 2 ? throwing() : { cents: till.cents + cents }) },
      {
        projections: (tills) => [
          defineProjection('sum', {
            from: [tills],
            initial: 0,
            on: { 'till.put': (sum, { data }) => (sum > 2 ? throwing() : sum + data.cents) },
          }),
          defineTable('rows', {
            from: [tills],
            key: ({ data }) => (data.cents < 0 ? throwing() : 'all'),
            row: anything<{ readonly cents: number }>(),
            on: { 'till.put': (row, { data }) => ({ cents: (row?.cents ?? 0) + data.cents }) },
          }),
        ],
      },
    ]
    for (const ways of failing)
      expect((await firstViolated(simulationOf(ways), 10))?.violation).toBe(undefined)
  })

  it('Z4 what its wish throws is told as the violation', async () => {
    const { model } = simulationOf({})
    const wish = (): never => {
      throw new Error('no idea')
    }
    expect((await firstViolated({ model, wish }))?.violation).toMatch(/wish on [a-c]: no idea/)
  })

  it('Z4 a history of nothing passes, and what cannot be drawn is refused', async () => {
    const of = simulationOf({})
    for (const none of [{ actions: 0 }, { keep: [] }, { keep: [999] }, { faults: [] }]) {
      expect((await simulateModel({ ...of, seed: 3, ...none })).violation).toBe(null)
    }
    for (const bad of [
      { seed: Number.NaN },
      { seed: 1.5 },
      { seed: -1 },
      { devices: 0 },
      { devices: 25 },
      { actions: -3 },
      { faults: ['nix' as never] },
      { keep: [0.5] },
      { olderModel: defineModel('shop', { logs: { hall: [defineTill({})] } }) },
    ]) {
      await expect(simulateModel({ ...of, seed: 3, ...bad })).rejects.toMatchObject({ code: 'bad_options' })
    }
  })

  it('Z4 wishes that were refused at once are counted', async () => {
    const tills = defineTill({})
    const { refused, entries } = await simulateModel({
      seed: 1,
      model: defineModel('shop', { logs: { shop: [tills] } }),
      wish: () => tills.commands.take('1'),
    })
    expect(refused).toBeGreaterThan(5)
    expect(entries).toBe(0)
  })
})
