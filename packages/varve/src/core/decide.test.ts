import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { Account, Cart, Likes, type Line, Payment, shop } from './cart.fixture.ts'
import type { CommandCall } from './command.ts'
import { type CommandRecord, type Entry, type EventRecord, type Intent, sealCommit } from './commit.ts'
import { rulesOf } from './decide.ts'
import { event } from './event.ts'
import { defineModel } from './model.ts'
import { defineStream } from './stream.ts'
import { createWorld, type World } from './world.ts'

const shirt: Line = { sku: 'shirt', unitPrice: 20, quantity: 1 }
const intentOf = (...calls: readonly CommandCall[]): Intent => ({
  commands: calls as readonly CommandRecord[],
  now: 7,
  seed: 's',
})
const addedTo = (id: string): EventRecord => ({
  stream: `cart/${id}`,
  type: 'cart.itemAdded',
  version: 2,
  data: { ...shirt },
})
const deposited = (id: string, amount: number): EventRecord => ({
  stream: `account/${id}`,
  type: 'account.deposited',
  version: 1,
  data: { amount },
})

function worldOf(logKind: string, ...events: readonly EventRecord[]): World {
  const world = createWorld(shop, logKind)
  world.apply(events)
  return world
}

function foreign(events: readonly EventRecord[]): Entry {
  const commit = sealCommit({
    log: 'customer/1',
    dot: { replica: 'b', counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards: [],
    events,
    withdrawn: null,
    commands: [],
    now: 3,
    seed: 'b',
    actor: null,
    correlation: null,
    causation: null,
  })
  return { position: 5, commit, principal: null, time: 4, chain: '' }
}

const customer = rulesOf(shop, 'customer')
const bank = rulesOf(shop, 'bank')
const undecidable = (message: unknown, command = 0) => ({
  ok: false,
  reason: 'undecidable',
  details: { message },
  command,
})

describe('decide', () => {
  test('gives events in their newest version, and the guards that it leaned on', () => {
    const world = worldOf('customer', addedTo('1'))
    expect(customer.decide(world, intentOf(Cart.commands.addItem('1', shirt)), [])).toEqual({
      ok: true,
      events: [addedTo('1')],
      guards: [{ stream: 'cart/1', revision: 1, kind: 'serial' }],
    })
    expect(world.get('cart/1').revision).toBe(1)
  })

  test('what is decided is folded, on a fork that leaves the state below as it was', () => {
    const world = worldOf('customer', addedTo('1'))
    const decided = customer.decide(world, intentOf(Cart.commands.checkOut('1')), [])
    if (!decided.ok) throw new Error(decided.reason)
    const after = customer.apply(customer.fork(world), { ...decided, withdrawn: null })
    expect(after.get('cart/1')).toMatchObject({ revision: 2, state: { status: 'checkedOut' } })
    expect(world.get('cart/1')).toMatchObject({ revision: 1, state: { status: 'open' } })
  })

  test('a command without input takes none', () => {
    const call = { stream: 'cart/1', name: 'checkOut', input: 1 }
    expect(customer.decide(worldOf('customer', addedTo('1')), intentOf(call), [])).toEqual(
      undecidable('cart.checkOut: it takes no input'),
    )
  })

  test('gives the same time and ids however often', () => {
    const world = worldOf('customer', addedTo('1'))
    const twice = [1, 2].map(() => customer.decide(world, intentOf(Cart.commands.checkOut('1')), []))
    expect(twice[0]).toEqual(twice[1])
    expect(twice[0]).toMatchObject({
      events: [{ data: { at: 7, orderId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8/) } }],
    })
  })

  test('each command sees what the ones before did; guards hold the revision before them all', () => {
    const intent = intentOf(
      Cart.commands.addItem('1', shirt),
      Likes.commands.like('1'),
      Cart.commands.checkOut('1'),
    )
    expect(customer.decide(worldOf('customer'), intent, [])).toMatchObject({
      ok: true,
      events: [{ type: 'cart.itemAdded' }, { type: 'likes.liked' }, { type: 'cart.checkedOut' }],
      guards: [
        { stream: 'cart/1', revision: 0, kind: 'serial' },
        { stream: 'likes/1', revision: 0, kind: 'commute' },
      ],
    })
  })

  test('the first rejection refuses all, and says which command', () => {
    const world = worldOf('customer')
    const intent = intentOf(Cart.commands.addItem('1', shirt), Cart.commands.checkOut('2'))
    expect(customer.decide(world, intent, [])).toEqual({ ok: false, reason: 'cart_empty', command: 1 })
    expect(world.get('cart/1').revision).toBe(0)
  })

  test('nothing returned is a decision without events, that leans on its stream', () => {
    expect(
      customer.decide(worldOf('customer'), intentOf(Cart.commands.removeItem('1', { sku: 'x' })), []),
    ).toEqual({
      ok: true,
      events: [],
      guards: [{ stream: 'cart/1', revision: 0, kind: 'serial' }],
    })
  })

  test('theirs holds the foreign events on its own streams, in their newest shape', () => {
    const old: EventRecord = {
      stream: 'cart/1',
      type: 'cart.itemAdded',
      version: 1,
      data: { sku: 'a', unitPrice: 1 },
    }
    const closing: EventRecord = {
      stream: 'cart/1',
      type: 'cart.checkedOut',
      version: 1,
      data: { orderId: 'x', total: 0, at: 0 },
    }
    const world = worldOf('customer', old, closing)
    const theirs = [foreign([old, closing, addedTo('2')])]
    expect(customer.decide(world, intentOf(Cart.commands.checkOut('1')), theirs)).toMatchObject({
      reason: 'cart_closed',
      details: { by: ['cart.itemAdded', 'cart.checkedOut'] },
    })
  })

  test('reads are given, guarded, and part of theirs', () => {
    const pay = intentOf(Payment.commands.pay('p', { account: 'a', amount: 5 }))
    expect(bank.decide(worldOf('bank', deposited('a', 9)), pay, [])).toMatchObject({
      ok: true,
      guards: [
        { stream: 'payment/p', revision: 0 },
        { stream: 'account/a', revision: 1 },
      ],
    })
    expect(
      bank.decide(worldOf('bank'), pay, [foreign([deposited('a', 1), deposited('b', 1)])]),
    ).toMatchObject({
      reason: 'too_poor',
      details: { seen: 1 },
    })
  })

  test('another stream of the same type can be read', () => {
    const level = intentOf(Account.commands.level('a', { with: 'b' }))
    expect(bank.decide(worldOf('bank', deposited('b', 9)), level, [])).toMatchObject({
      ok: true,
      events: [{ stream: 'account/a', data: { amount: 9 } }, {}],
      guards: [{ stream: 'account/a' }, { stream: 'account/b' }],
    })
  })

  test('a frozen stream refuses who would write or read it', () => {
    const poison: EventRecord = { stream: 'account/a', type: 'account.melted', version: 1, data: null }
    const frozen = {
      ok: false,
      reason: 'frozen',
      details: {
        stream: 'account/a',
        cause: 'unknown_event',
        message: 'This app knows no event account.melted.',
      },
      command: 0,
    }
    const calls = [
      Account.commands.deposit('a', { amount: 1 }),
      Payment.commands.pay('p', { account: 'a', amount: 5 }),
    ]
    for (const call of calls) expect(bank.decide(worldOf('bank', poison), intentOf(call), [])).toEqual(frozen)
  })
})

describe('what cannot be decided is refused with its reason', () => {
  test.each([
    [Cart.commands.checkOut('1'), 'cart/1 is on the log customer, and this commit is on bank.'],
    [{ stream: 'ship/1', name: 'sail' }, 'The model shop has no stream type ship.'],
    [{ stream: 'account/1', name: 'constructor' }, 'The stream account has no command constructor.'],
    [
      { stream: 'account/1', name: 'deposit', input: { amount: 'x' } },
      expect.stringContaining('account.deposit: amount: '),
    ],
    [{ stream: 'likes/1', name: 'like' }, 'likes/1 is on the log customer, and this commit is on bank.'],
    [
      Payment.commands.payFromCart('p', { cart: '1' }),
      'A decision reads its own log only. cart/1 is on the log customer, and this commit is on bank.',
    ],
  ] as const)('%j', (call, message) => {
    expect(bank.decide(worldOf('bank'), intentOf(call), [])).toEqual(undecidable(message))
  })

  const bomb = event(v.object({ at: v.optional(v.any()) }))
  const Odd = defineStream('odd', {
    initial: { done: 0 },
    events: {
      done: event(v.object({ at: v.any() })),
      broke: bomb,
      counted: event(v.object({ n: v.number() })),
    },
    evolve: {
      done: (state) => state,
      counted: (state) => state,
      broke: () => {
        throw new Error('cannot fold')
      },
    },
    commands: ({ command, emit, reject }) => ({
      throws: command(() => {
        throw new Error('boom')
      }),
      mutates: command((state) => {
        ;(state as { done: number }).done = 1
      }),
      changesInput: command(v.any(), (_state, input) => {
        input.lines.push('one more')
      }),
      notPlain: command(() => emit.done({ at: new Map() })),
      undefinedKey: command(() => emit.done({ at: { x: undefined, y: [{ z: undefined }] } })),
      breaks: command(() => emit.broke({})),
      badDetails: command(() => reject('no', { at: Number.NaN })),
      badReturn: command(() => ({ type: 'done' }) as never),
      notOfSchema: command(() => emit.counted({ n: 'x' as never })),
      huge: command(() => emit.done({ at: 'x'.repeat(1024 * 1024) })),
      readsDouble: command(v.object({}), { reads: () => ({ cart: Cart.at('1') }) }, () => []),
      nullReturn: command(() => null as never),
      later: command((() => Promise.resolve()) as never),
    }),
  })
  const cartOfAnother = defineStream('cart', { initial: 0, events: {}, evolve: {}, commands: () => ({}) })
  const model = defineModel('m', { logs: { a: [Odd, cartOfAnother] } })
  const rules = rulesOf(model, 'a')
  const decide = (call: CommandCall) => rules.decide(createWorld(model, 'a'), intentOf(call), [])

  test.each([
    ['throws', 'boom'],
    ['mutates', expect.stringContaining('read only')],
    ['notPlain', 'odd.done.at: only plain objects are data'],
    ['breaks', 'odd.broke: cannot fold'],
    ['notOfSchema', expect.stringMatching(/^odd\.counted: n: /)],
    ['badDetails', 'details.at: NaN is not a finite number'],
    ['badReturn', expect.stringContaining('a handler returns what emit or reject made')],
    ['nullReturn', expect.stringContaining('a handler returns what emit or reject made')],
    ['later', expect.stringContaining('a handler returns what emit or reject made')],
  ] as const)('%s', (name, message) => {
    expect(decide(Odd.commands[name]('1'))).toEqual(undecidable(message))
  })

  test('S39 a handler that changes its input, which is journaled', () => {
    const input = { lines: ['one'] }
    expect(decide(Odd.commands.changesInput('1', input))).toEqual(
      undecidable(expect.stringContaining('not extensible')),
    )
    expect(input).toEqual({ lines: ['one'] })
  })

  test('a read of another definition than the model has', () => {
    expect(decide(Odd.commands.readsDouble('1', {}))).toEqual(
      undecidable('The model has another stream type cart than the one read.'),
    )
  })

  test('events that are too large together', () => {
    expect(decide(Odd.commands.huge('1'))).toEqual({
      ok: false,
      reason: 'undecidable',
      details: {
        message: expect.stringMatching(/^Its events take 1048\d{3} of at most 1048576 characters\.$/),
      },
    })
  })

  test('keys whose value is undefined are dropped', () => {
    expect(decide(Odd.commands.undefinedKey('1'))).toMatchObject({
      ok: true,
      events: [{ data: { at: { y: [{}] } } }],
    })
  })
})
