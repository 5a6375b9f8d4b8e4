import { describe, expect, it } from 'vitest'
import { clockOf } from '../../core/clock.ts'
import { type Dot, dotKey, sameDot } from '../../core/dot.ts'
import type { Update } from '../../core/query.ts'
import type { Engine } from '../../engine/engine.ts'
import type { StoreLog } from '../../log/port.ts'
import { firstViolation } from './controls.fixture.ts'
import type { BrokenParts } from './ground.ts'

type Of<K extends Update['kind']> = Extract<Update, { readonly kind: K }>

/** An engine that tells its pages something else, or nothing, in place of updates of one kind. */
function telling<K extends Update['kind']>(
  kind: K,
  /** @param before what was to be told before, to the same listener */
  otherwise: (update: Of<K>, before: Of<K> | null) => Of<K> | null,
): BrokenParts {
  const isOf = (update: Update): update is Of<K> => update.kind === kind
  return {
    engine: (engine: Engine): Engine => ({
      ...engine,
      subscribe(query, listener) {
        let before: Of<K> | null = null
        return engine.subscribe(query, (update) => {
          if (!isOf(update)) return listener(update)
          const said = otherwise(update, before)
          before = update
          if (said !== null) listener(said)
        })
      },
    }),
  }
}

describe('negative controls: what a page is told wrongly is caught', () => {
  it('Z3 E22 a status that says synced while work is on its way', async () => {
    const boasting = telling('status', (update) =>
      update.status.phase === 'syncing'
        ? { ...update, status: { ...update.status, phase: 'synced' } }
        : update,
    )
    expect(await firstViolation({ seeds: 5, broken: boasting })).toMatch(
      /^[abc]\d?\/\d+: says synced, and wish-\d+ is not placed$/,
    )
  })

  it('Z3 E22 a status that counts nothing as pending', async () => {
    const empty = telling('status', (update) => ({ ...update, status: { ...update.status, pending: 0 } }))
    expect(await firstViolation({ seeds: 5, broken: empty })).toMatch(
      /^[abc]\d?\/\d+: counts 0 pending, and there are [1-9]\d*$/,
    )
  })

  it('Z3 E22 a status whose phase never changes', async () => {
    const standing = telling('status', (update) => ({
      ...update,
      status: { ...update.status, phase: 'connecting' },
    }))
    expect(await firstViolation({ seeds: 1, broken: standing })).toMatch(
      /^after all faults: [abc]\d?\/\d+ says connecting$/,
    )
  })

  it('Z3 E20 a state that is shown once and never again', async () => {
    const once = telling('stream', (update, before) => (before === null ? update : null))
    expect(await firstViolation({ seeds: 5, broken: once })).toMatch(
      /^[abc]\d?\/\d+: shows (likes\/L|seat\/.) as .* after 0 events, and it is .* after [1-9]\d*$/,
    )
  })

  it('Z3 E20 a page that is told nothing any more, from some time on', async () => {
    const silent: BrokenParts = {
      engine(engine) {
        let told = 0
        return {
          ...engine,
          subscribe: (query, listener) =>
            engine.subscribe(query, (update) => {
              told += 1
              if (told <= 12) listener(update)
            }),
        }
      },
    }
    expect(await firstViolation({ seeds: 5, broken: silent })).toMatch(
      /^[abc]\d?\/\d+: (shows .*, and (it is|there are) .*|counts \d+ pending, and there are \d+)$/,
    )
  })

  it('Z3 E17 a value that is one step behind', async () => {
    const late = telling('value', (update, before) => before ?? update)
    expect(await firstViolation({ seeds: 5, broken: late })).toMatch(
      /^[abc]\d?\/\d+: shows (taken|liked) as \d+, and it is \d+$/,
    )
  })

  it('Z3 E17 a value that is folded wrongly', async () => {
    const wrong = telling('value', (update) => ({ ...update, value: Math.min(2, update.value as number) }))
    expect(await firstViolation({ seeds: 10, broken: wrong })).toMatch(
      /^[abc]\d?\/\d+: shows (taken|liked) as 2, and it is \d+$/,
    )
  })

  it('Z3 E21 a table that keeps the rows that went', async () => {
    const keeping = telling('rows', (update) =>
      update.reset ? update : { ...update, rows: update.rows.filter(([, row]) => row !== null) },
    )
    expect(await firstViolation({ seeds: 10, broken: keeping })).toMatch(
      /^[abc]\d?\/\d+: shows takers as \{"map":\[\[.*\]\]\}, and it is \{"map":\[.*\]\}$/,
    )
  })

  it('Z3 E21 a table that is shown once and never again', async () => {
    const once = telling('rows', (update, before) => (before === null ? update : null))
    expect(await firstViolation({ seeds: 5, broken: once })).toMatch(
      /^[abc]\d?\/\d+: shows takers as \{"map":\[\]\}, and it is \{"map":\[\[/,
    )
  })

  it('Z3 L10 a log that stores no inbox item with a page', async () => {
    const careless = (log: StoreLog): StoreLog => ({
      ...log,
      applyEntries: (write) => log.applyEntries({ ...write, inbox: [] }),
    })
    expect(await firstViolation({ seeds: 10, broken: { log: careless } })).toMatch(
      /^at the end: \S+ was withdrawn \(\w+\) and is not in the inbox of [abc]\d?$/,
    )
  })

  it('Z3 E9 an inbox that does not show its first item', async () => {
    const dropping = telling('inbox', (update) => ({ ...update, items: update.items.slice(1) }))
    expect(await firstViolation({ seeds: 10, broken: dropping })).toMatch(
      /^after all faults: [abc]\d?\/\d+ lists nothing in its inbox, and there is \S+ of toy \(\w+\)$/,
    )
  })

  it('Z3 E9 an inbox that shows an item twice', async () => {
    const doubling = telling('inbox', (update) => ({
      ...update,
      items: [...update.items, ...update.items.slice(0, 1)],
    }))
    expect(await firstViolation({ seeds: 10, broken: doubling })).toMatch(
      /^after all faults: [abc]\d?\/\d+ lists (\S+ of toy \(\w+\)), \1 in its inbox, and there is \1$/,
    )
  })

  it('Z3 E10 a withdrawn commit of which a page is told that it is confirmed', async () => {
    const lying = telling('fates', (update) => ({
      ...update,
      fates: update.fates.map((end) =>
        end.fate.status === 'withdrawn' ? { ...end, fate: { status: 'confirmed', position: 1 } } : end,
      ),
    }))
    expect(await firstViolation({ seeds: 10, broken: lying })).toMatch(
      /^[abc]\d?\/\d+: tells that \S+ of toy is confirmed @1, and no log ever said so$/,
    )
  })

  it('Z3 E10 an end that is told twice', async () => {
    const twice = telling('fates', (update) => ({ ...update, fates: [...update.fates, ...update.fates] }))
    expect(await firstViolation({ seeds: 5, broken: twice })).toMatch(
      /^[abc]\d?\/\d+: tells again that \S+ of toy is confirmed @\d+$/,
    )
  })

  it('Z3 E10 an end that is not told', async () => {
    const silent = telling('fates', (update, before) => (before === null ? null : update))
    expect(await firstViolation({ seeds: 5, broken: silent })).toMatch(
      /^after all faults: [abc]\d?\/\d+ was not told how \S+ of toy ended$/,
    )
  })

  it('Z3 K1 a clock that takes the order of the log for what an author knew', async () => {
    const byPosition: typeof clockOf = (items) => {
      const all = [...items]
      const at = (dot: Dot): number => all.find((each) => sameDot(each.dot, dot))?.position ?? 0
      const compare: ReturnType<typeof clockOf>['compare'] = (a, b) =>
        sameDot(a, b) ? 'equal' : at(a) < at(b) ? 'before' : 'after'
      return { ...clockOf(all), compare }
    }
    expect(await firstViolation({ seeds: 10, broken: { clock: byPosition } })).toMatch(
      /^the clock: \S+ is concurrent \S+, and the clock says (before|after)$/,
    )
  })

  it('Z3 K1 K5 a clock that does not know that a replica continues another', async () => {
    const orphaned: typeof clockOf = (items) => {
      const all = [...items]
      const known = clockOf(all)
      const by = new Map(all.map((each) => [dotKey(each.dot), each]))
      const isBefore = (a: Dot, b: Dot): boolean =>
        a.replica === b.replica
          ? a.counter < b.counter
          : (by.get(dotKey(a))?.position ?? 0) <= (by.get(dotKey(b))?.base ?? 0)
      const compare: typeof known.compare = (a, b) =>
        sameDot(a, b) ? 'equal' : isBefore(a, b) ? 'before' : isBefore(b, a) ? 'after' : 'concurrent'
      return { ...known, compare }
    }
    expect(await firstViolation({ seeds: 10, broken: { clock: orphaned } })).toMatch(
      /^the clock: \S+ is (before|after) \S+, and the clock says concurrent$/,
    )
  })
})
