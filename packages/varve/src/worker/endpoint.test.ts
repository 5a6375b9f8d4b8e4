import { expose, wrap } from 'comlink'
import { afterEach, describe, expect, it } from 'vitest'
import { type Contract, contractMethods } from './contract.ts'
import { filterEndpoint } from './endpoint.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A contract that notes what reaches it, behind the filter, and a port to throw messages at it. */
function bordered() {
  const reached: unknown[] = []
  const target = Object.fromEntries(
    contractMethods.map((method) => [
      method,
      async (...values: unknown[]) => {
        reached.push([method, ...values])
        return { ok: true, value: null }
      },
    ]),
  )
  const { port1, port2 } = new MessageChannel()
  closers.push(() => port1.close())
  const endpoint = filterEndpoint(port2)
  expose(target, endpoint)
  const ask = (message: unknown): Promise<unknown> => {
    const answer = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data)
    })
    port1.postMessage(message)
    return answer
  }
  return { reached, endpoint, port: port1, ask }
}

const raw = (value: unknown) => ({ type: 'RAW', value })
const ref = { log: 'customer', dot: { replica: 'a', counter: 3 } }
const hostile: readonly (readonly [what: string, message: unknown])[] = [
  ['a GET of a method', { id: '1', type: 'GET', path: ['close'] }],
  ['a SET', { id: '1', type: 'SET', path: ['close'], value: raw(1) }],
  ['a SET of __proto__', { id: '1', type: 'SET', path: ['__proto__', 'polluted'], value: raw(true) }],
  ['a CONSTRUCT', { id: '1', type: 'CONSTRUCT', path: ['constructor'], argumentList: [raw('return self')] }],
  ['an ENDPOINT', { id: '1', type: 'ENDPOINT', path: [] }],
  ['a RELEASE', { id: '1', type: 'RELEASE', path: [] }],
  ['an APPLY of nothing', { id: '1', type: 'APPLY', path: [], argumentList: [] }],
  ['an APPLY of a longer path', { id: '1', type: 'APPLY', path: ['close', 'call'], argumentList: [] }],
  ['an APPLY of constructor', { id: '1', type: 'APPLY', path: ['constructor'], argumentList: [] }],
  ['an APPLY of __proto__', { id: '1', type: 'APPLY', path: ['__proto__'], argumentList: [] }],
  ['an APPLY without arguments', { id: '1', type: 'APPLY', path: ['close'] }],
  ['an unknown type', { id: '1', type: 'EVAL', path: ['close'], argumentList: [] }],
  [
    'a proxied argument',
    {
      id: '1',
      type: 'APPLY',
      path: ['cancel'],
      argumentList: [{ type: 'HANDLER', name: 'proxy', value: 1 }],
    },
  ],
  [
    'a thrown argument',
    {
      id: '1',
      type: 'APPLY',
      path: ['cancel'],
      argumentList: [{ type: 'HANDLER', name: 'throw', value: 1 }],
    },
  ],
  ['too many arguments', { id: '1', type: 'APPLY', path: ['close'], argumentList: [raw(1)] }],
  [
    'a dot that is none',
    { id: '1', type: 'APPLY', path: ['cancel'], argumentList: [raw({ log: 'x', dot: 7 })] },
  ],
  ['a key too many', { id: '1', type: 'APPLY', path: ['cancel'], argumentList: [raw({ ...ref, extra: 1 })] }],
  [
    'an input with __proto__',
    {
      id: '1',
      type: 'APPLY',
      path: ['dispatch'],
      argumentList: [
        raw({
          commands: [{ stream: 'cart/1', name: 'x', input: JSON.parse('{"__proto__":{"a":1}}') }],
          now: 1,
          seed: 's',
        }),
        raw(false),
      ],
    },
  ],
  [
    'a subscription without a port',
    { id: '1', type: 'APPLY', path: ['subscribe'], argumentList: [raw({ kind: 'status' }), raw({})] },
  ],
]

describe('the filtering endpoint', () => {
  it.each(hostile)(
    'B1 %s does not get through, is counted, and its sender is answered',
    async (_what, message) => {
      const { ask, reached, endpoint } = bordered()
      const answer = await ask(message)
      expect(answer).toMatchObject({
        id: '1',
        type: 'RAW',
        value: { ok: false, failure: { code: 'message_refused' } },
      })
      expect(reached).toEqual([])
      expect(endpoint.getDropped()).toBe(1)
      expect(({} as { polluted?: true }).polluted).toBeUndefined()
    },
  )

  it.each([null, 0, 'text', [], {}, { id: 7 }, { id: 'x'.repeat(1_000) }, new Map([['id', 'x']])])(
    'B1 rubbish (%j) is counted, and what comes after it is answered',
    async (rubbish) => {
      const { port, ask, reached, endpoint } = bordered()
      port.postMessage(rubbish)
      let answer = await ask({ id: 'next', type: 'APPLY', path: ['close'], argumentList: [] })
      if ((answer as { id: unknown }).id !== 'next') {
        answer = await new Promise((resolve) => {
          port.onmessage = ({ data }) => resolve(data)
        })
      }
      expect(answer).toMatchObject({ id: 'next', value: { ok: true } })
      expect(reached).toEqual([['close']])
      expect(endpoint.getDropped()).toBe(1)
    },
  )

  it('B2 a call of the contract gets through with its arguments, and only they', async () => {
    const { ask, reached, endpoint } = bordered()
    await ask({ id: '1', type: 'APPLY', path: ['cancel'], argumentList: [raw(ref)], value: raw('more') })
    expect(reached).toEqual([['cancel', ref]])
    expect(endpoint.getDropped()).toBe(0)
  })

  it('B2 every method of the contract can be called through Comlink', async () => {
    const { port, reached } = bordered()
    const remote = wrap<Contract>(port)
    const { port1, port2 } = new MessageChannel()
    closers.push(() => port1.close())
    const request = {
      name: 'n',
      model: 'm',
      logs: {},
      actor: null,
      witness: null,
      aliveLock: 'l',
      token: null,
    }
    await remote.open({ ...request, awaitToken: true })
    await remote.dispatch(
      { commands: [{ stream: 'cart/1', name: 'checkOut' }], now: 1, seed: 's', root: 'r' },
      true,
    )
    const { transfer } = await import('comlink')
    await remote.subscribe({ kind: 'fates', awaiting: [ref] }, transfer(port2, [port2]))
    const another = new MessageChannel()
    closers.push(() => another.port1.close())
    const fate = { kind: 'fate', ref: { ...ref, seed: 's' } } as const
    await remote.subscribe(fate, transfer(another.port2, [another.port2]))
    expect(reached.splice(-1)).toMatchObject([['subscribe', fate, {}]])
    await remote.history('cart/1', { after: 3, revision: 2 }, null)
    await remote.openPast({ time: 1.5 })
    await remote.closePast('p')
    await remote.cancel(ref)
    await remote.dismiss(ref)
    await remote.setToken(null)
    await remote.close()
    expect(reached.map((call) => (call as unknown[])[0])).toEqual([...contractMethods])
  })
})
