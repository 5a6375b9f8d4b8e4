import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Cart, Likes, Orders, Revenue, shop } from './cart.fixture.ts'
import { type Commit, type Entry, type EventRecord, sealCommit } from './commit.ts'
import { type ProjectedEvent, projectedEvents } from './projected-events.ts'
import { defineProjection } from './projection.ts'
import { defineTable } from './table.ts'
import { createView, type View } from './view.ts'

const log = 'customer/1'

function commitOf(...events: readonly EventRecord[]): Commit {
  const guards = ['cart/1', 'cart/2'].map((stream) => ({ stream, revision: 3, kind: 'serial' as const }))
  return sealCommit({
    log,
    dot: { replica: 'a', counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards: [...guards, { stream: 'likes/1', revision: 0, kind: 'commute' }],
    events,
    withdrawn: null,
    commands: [],
    now: 7,
    seed: 's',
    actor: null,
    correlation: null,
    causation: null,
  })
}
const placed = (commit: Commit, position = 5): Entry => ({
  position,
  commit,
  principal: null,
  time: 8,
  chain: '',
})
const out = (id: string, total: number): EventRecord => ({
  stream: `cart/${id}`,
  type: 'cart.checkedOut',
  version: 1,
  data: { orderId: `o${id}`, total, at: 1 },
})
const seen = (...events: readonly EventRecord[]): readonly ProjectedEvent[] =>
  projectedEvents(shop, placed(commitOf(...events)), log)

describe('projectedEvents', () => {
  const liked: EventRecord = { stream: 'likes/1', type: 'likes.liked', version: 1, data: {} }

  test('says where an event stands, with data in its newest shape', () => {
    const old: EventRecord = {
      stream: 'cart/1',
      type: 'cart.itemAdded',
      version: 1,
      data: { sku: 'a', unitPrice: 1 },
    }
    const [first, second, like] = projectedEvents(shop, placed(commitOf(old, out('1', 1), liked)), log)
    expect(first).toEqual({
      type: 'cart.itemAdded',
      data: { sku: 'a', unitPrice: 1, quantity: 1 },
      streamId: '1',
      stream: 'cart/1',
      log,
      position: 5,
      time: 8,
      now: 7,
      replica: 'a',
      revision: 3,
    })
    expect(second?.revision).toBe(4)
    // Others may have appended to a commute stream meanwhile.
    expect(like).not.toHaveProperty('revision')
  })

  test('has a fault where it stands on a stream of another type', () => {
    const strayed: EventRecord = { ...liked, stream: 'cart/1' }
    expect(projectedEvents(shop, placed(commitOf(strayed)), log)[0]?.fault).toBe(
      'likes.liked stands on cart/1.',
    )
  })

  test('has neither position nor time while pending', () => {
    expect(projectedEvents(shop, commitOf(out('1', 1)), log)).toMatchObject([
      { position: null, time: null, now: 7 },
    ])
  })

  test('leaves out what it does not know, and marks what it does not understand', () => {
    const events = seen(
      { ...out('1', 1), type: 'cart.exploded' },
      { ...out('1', 1), version: 2 },
      { stream: 'cart/1', type: 'cart.itemAdded', version: 1, data: {} },
      out('1', 1),
    )
    expect(events.map(({ fault, revision }) => [revision, fault === undefined])).toEqual([
      [4, false],
      [5, false],
      [6, true],
    ])
  })
})

describe('value view', () => {
  test('folds, in layers', () => {
    const base = createView(Revenue)
    base.apply(seen(out('1', 5)))
    const fork = base.fork()
    fork.apply(seen(out('2', 6)))
    expect([base.value(), fork.value()]).toEqual([5, 11])
    fork.absorb()
    expect([base.value(), fork.value()]).toEqual([11, 11])
    expect(createView(Revenue, { saved: structuredClone(base.dump()) }).value()).toBe(11)
  })

  const Picky = defineProjection('picky', {
    from: [Cart],
    initial: { sum: 0 },
    on: {
      'cart.checkedOut': ({ sum }, { data }) => {
        if (data.total < 0) throw new Error('negative')
        return { sum: sum + data.total }
      },
    },
  })

  test('a handler that throws isolates the view, with its last good value', () => {
    const view = createView(Picky)
    view.apply(seen(out('1', 5), out('1', -1), out('1', 5)))
    expect(view.value()).toEqual({ sum: 5 })
    expect(view.failed()).toEqual({ message: 'negative', type: 'cart.checkedOut', position: 5 })
    view.apply(seen(out('1', 5)))
    expect(view.value()).toEqual({ sum: 5 })
    expect(createView(Picky, { saved: view.dump() }).failed()).toMatchObject({ message: 'negative' })
  })

  test('a pending event that fails leaves the layer below whole', () => {
    const base = createView(Picky)
    base.apply(seen(out('1', 5)))
    const fork = base.fork()
    fork.apply(projectedEvents(shop, commitOf(out('1', -1)), log))
    expect(fork.failed()).toMatchObject({ position: null })
    expect(base.failed()).toBeNull()
    fork.absorb()
    expect(base.failed()).toMatchObject({ position: null })
  })

  test('an event that cannot be read fails those views only that handle it', () => {
    const unreadable = seen({ stream: 'cart/1', type: 'cart.itemAdded', version: 1, data: {} })
    const views = [
      defineProjection('lines', { from: [Cart], initial: 0, on: { 'cart.itemAdded': (n) => n + 1 } }),
      defineProjection('other', { from: [Cart, Likes], initial: 0, on: { 'likes.liked': (n) => n + 1 } }),
    ]
    const failures = views.map((projection) => {
      const view = createView(projection)
      view.apply(unreadable)
      return view.failed()
    })
    expect(failures).toEqual([expect.objectContaining({ type: 'cart.itemAdded' }), null])
  })

  test.each([Picky, Orders] as const)(
    'an event of a newer program leaves out its stream from there on, and no other ($name)',
    (projection) => {
      const shownBy = (view: View) => (view.kind === 'value' ? view.value() : [...view.rows()])
      const view = createView(projection as typeof Picky)
      view.apply(seen(out('1', 5)))
      const fork = view.fork()
      fork.apply(seen({ ...out('1', 1), version: 2 }, out('1', 7)))
      expect([shownBy(fork), fork.failed(), view.leftOut().size]).toEqual([shownBy(view), null, 0])
      expect([...fork.leftOut()]).toEqual([
        ['cart/1', expect.objectContaining({ type: 'cart.checkedOut', position: 5 })],
      ])
      fork.absorb()
      const saved = createView(projection as typeof Picky, { saved: structuredClone(view.dump()) })
      for (const each of [view, saved]) {
        const before = shownBy(each)
        each.apply(seen(out('1', 7)))
        expect(shownBy(each)).toEqual(before)
        const next = each.fork()
        next.apply(seen({ ...out('3', 1), version: 2 }, out('2', 7)))
        expect(shownBy(next)).not.toEqual(before)
        expect([...next.leftOut().keys()]).toEqual(['cart/1', 'cart/3'])
      }
    },
  )

  test('a handler that returns nothing fails', () => {
    const view = createView(
      defineProjection('lost', {
        from: [Cart],
        initial: 0,
        on: { 'cart.checkedOut': () => undefined as never },
      }),
    )
    view.apply(seen(out('1', 5)))
    expect(view.failed()?.message).toBe('The handler of cart.checkedOut returned nothing.')
  })

  test('values are frozen, unless it is switched off', () => {
    const frozen = [true, false].map((freeze) => {
      const view = createView(Picky, { freeze })
      view.apply(seen(out('1', 5)))
      return Object.isFrozen(view.value())
    })
    expect(frozen).toEqual([true, false])
  })
})

describe('table view', () => {
  const Totals = defineTable('totals', {
    from: [Cart],
    key: (e) =>
      e.type === 'cart.checkedOut' ? (e.data.total === 0 ? null : ['all', e.streamId]) : e.streamId,
    row: v.object({ sum: v.number() }),
    on: {
      'cart.checkedOut': (row, { data }) => {
        if (row !== undefined && data.total > 99) throw new Error('too much')
        return { sum: (row?.sum ?? 0) + data.total }
      },
      'cart.itemRemoved': () => null,
    },
  })
  const removed = (id: string): EventRecord => ({
    stream: `cart/${id}`,
    type: 'cart.itemRemoved',
    version: 1,
    data: { sku: 'a' },
  })

  test('folds rows by key, several keys, and none', () => {
    const view = createView(Totals)
    view.apply(seen(out('1', 5), out('2', 6), out('3', 0)))
    expect([...view.rows()]).toEqual([
      ['all', { sum: 11 }],
      ['1', { sum: 5 }],
      ['2', { sum: 6 }],
    ])
    expect(createView(Orders).row('1')).toBeUndefined()
  })

  test('a fork holds what it changed, deletions too, until it is absorbed', () => {
    const base = createView(Totals)
    base.apply(seen(out('1', 5), out('2', 6)))
    const fork = base.fork()
    fork.apply(seen(removed('1'), out('3', 7)))
    expect([...fork.touched()]).toEqual(['1', 'all', '3'])
    expect(fork.row('1')).toBeUndefined()
    expect([...fork.rows().keys()]).toEqual(['all', '2', '3'])
    expect([...base.rows().keys()]).toEqual(['all', '1', '2'])
    fork.absorb()
    expect([...base.rows().keys()]).toEqual(['all', '2', '3'])
    expect([...createView(Totals, { saved: structuredClone(base.dump()) }).rows()]).toEqual([...base.rows()])
  })

  test('events that it does not handle, and those after a failure, change nothing', () => {
    const view = createView(Orders)
    view.apply(seen(removed('1'), out('1', 5)))
    expect([...view.rows().keys()]).toEqual(['1'])
    const totals = createView(Totals)
    totals.apply(seen(out('1', 5), out('1', 100), out('2', 6)))
    expect([...totals.rows().keys()]).toEqual(['all', '1'])
    expect(totals.failed()?.message).toBe('too much')
  })

  test.each([
    [
      'a key that is no text',
      7,
      () => ({ sum: 1 }),
      'The key of table odd must be text, a list of texts or null, and is 7 for cart.checkedOut.',
    ],
    [
      'a key among several that is no text',
      ['1', 7],
      () => ({ sum: 1 }),
      'The key of table odd must be text, a list of texts or null, and is 7 for cart.checkedOut.',
    ],
    [
      'a handler that returns nothing',
      ['1'],
      () => undefined as never,
      'The handler of cart.checkedOut returned nothing; null deletes a row.',
    ],
  ] as const)('%s fails', (_what, keys, handler, message) => {
    const view = createView(
      defineTable('odd', {
        from: [Cart],
        key: () => keys as never,
        row: v.object({ sum: v.number() }),
        on: { 'cart.checkedOut': handler },
      }),
    )
    view.apply(seen(out('1', 5)))
    expect([view.failed()?.message, [...view.rows()]]).toEqual([message, []])
  })

  test('a row that was deleted is new to its next event', () => {
    const view = createView(Totals)
    view.apply(seen(out('1', 5)))
    const fork = view.fork()
    fork.apply(seen(removed('1'), out('1', 2)))
    expect(fork.row('1')).toEqual({ sum: 2 })
  })

  test('an event that fails at one of its rows changes none', () => {
    const view = createView(Totals)
    view.apply(seen(out('1', 5), out('2', 100)))
    expect(view.failed()).toMatchObject({ message: 'too much', position: 5 })
    expect([...view.rows().keys()]).toEqual(['all', '1'])
  })

  test('in development a row must satisfy its schema', () => {
    const wrong = { ...Totals, on: { 'cart.checkedOut': () => ({ sum: 'x' }) } }
    const failures = [true, false].map((freeze) => {
      const view = createView(wrong, { freeze })
      view.apply(seen(out('1', 5)))
      return view.failed()?.message
    })
    expect(failures).toEqual([
      expect.stringContaining('The row all of totals is not what its schema says: sum: '),
      undefined,
    ])
  })
})
