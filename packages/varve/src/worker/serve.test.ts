import { afterEach, describe, expect, it } from 'vitest'
import { Cart, shop } from '../core/cart.fixture.ts'
import type { Update } from '../core/query.ts'
import { memoryLog } from '../log/index.ts'
import type { SyncContext } from '../sync/index.ts'
import type { Contract, OpenRequest } from './contract.ts'
import { modelSignature } from './contract-model.ts'
import { createBorder, serveStore } from './serve.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const openRequest = (more: Partial<OpenRequest> = {}): OpenRequest => ({
  name: 'served',
  model: modelSignature(shop),
  logs: { customer: 'customer/1', bank: 'bank' },
  actor: null,
  witness: null,
  aliveLock: `alive-${crypto.randomUUID()}`,
  token: null,
  ...more,
})
const wish = { commands: [{ stream: Cart.at('1').stream, name: 'checkOut' }], now: 1, seed: 's' }

function border(options: Parameters<typeof createBorder>[1] = {}): Contract {
  const made = createBorder(shop, { openLog: () => memoryLog(), ...options })
  closers.push(() => made.close())
  return made
}

const codeIn = (reply: { readonly ok: boolean }) =>
  (reply as { failure?: { code: string } }).failure?.code ?? 'no failure'

describe('serving a store', () => {
  it('B15 before it is open and after it was closed, every call is answered with a failure', async () => {
    const served = border()
    expect(codeIn(await served.dispatch(wish, false))).toBe('not_open')
    expect((await served.open(openRequest())).ok).toBe(true)
    expect((await served.dispatch(wish, false)).ok).toBe(true)
    expect((await served.close()).ok).toBe(true)
    expect(codeIn(await served.dispatch(wish, false))).toBe('closed')
    expect(codeIn(await served.setToken('t'))).toBe('closed')
    expect(codeIn(await served.open(openRequest()))).toBe('already_open')
  })

  it('B15 what is asked while it opens waits for it', async () => {
    const served = border()
    const opening = served.open(openRequest())
    expect((await served.dispatch(wish, false)).ok).toBe(true)
    expect((await opening).ok).toBe(true)
    expect(codeIn(await served.open(openRequest()))).toBe('already_open')
  })

  it('B22 a script that is run twice serves once, and answers once', async () => {
    const { port1: page, port2: endpoint } = new MessageChannel()
    closers.push(() => page.close())
    serveStore(shop, { endpoint, openLog: () => memoryLog() })
    // With a query it is another module to Node, as it is to WebKit.
    const copy = (await import(/* @vite-ignore */ `${'./serve.ts'}?again`)) as typeof import('./serve.ts')
    expect(copy.serveStore).not.toBe(serveStore)
    copy.serveStore(shop, { endpoint, openLog: () => memoryLog() })
    const answers: unknown[] = []
    const last = Promise.withResolvers<void>()
    page.onmessage = ({ data }) => (data.id === 'last' ? last.resolve() : answers.push(data.id))
    for (const id of ['first', 'last']) {
      page.postMessage({ id, type: 'APPLY', path: ['close'], argumentList: [] })
    }
    await last.promise
    expect(answers).toEqual(['first'])
  })

  it('B6 a page with another model is refused, and the right one may still open it', async () => {
    const served = border()
    const refused = await served.open(openRequest({ model: 'another' }))
    expect(codeIn(refused)).toBe('model_mismatch')
    expect((await served.open(openRequest())).ok).toBe(true)
  })

  it('B14 a witness of another store means that this one was lost', async () => {
    const served = border()
    expect(await served.open(openRequest({ witness: 'another' }))).toMatchObject({
      value: { lost: 'store_lost' },
    })
  })

  it('B16 sync starts with the token, or not before it comes', async () => {
    const started: (string | null)[] = []
    const told: (string | null)[] = []
    let stopped = 0
    const sync = ({ token }: SyncContext) => {
      started.push(token)
      return {
        setToken: (next: string | null) => told.push(next),
        stop: async () => {
          stopped += 1
        },
      }
    }
    const first = border({ sync })
    await first.open(openRequest({ token: 'early' }))
    await first.setToken('next')
    expect({ started, told }).toEqual({ started: ['early'], told: ['next'] })
    await first.close()
    expect(stopped).toBe(1)

    const second = border({ sync })
    await second.open(openRequest({ awaitToken: true }))
    expect(started).toEqual(['early'])
    const status = await firstUpdate(second)
    expect(status).toMatchObject({ kind: 'status', status: { phase: 'connecting' } })
    await second.setToken('late')
    expect(started).toEqual(['early', 'late'])
  })

  it('B17 C8 a wish waits until the store is named, and not for ever', async () => {
    const naming = Promise.withResolvers<void>()
    const sync = (named: Promise<void>) => () => ({ named, setToken: () => {}, stop: async () => {} })
    const wish = { commands: [{ stream: 'likes/1', name: 'like' }], now: 0, seed: 'b17' }
    const served = border({ sync: sync(naming.promise) })
    await served.open(openRequest())
    let isAnswered = false
    const asked = served.dispatch(wish, false).then((answer) => {
      isAnswered = true
      return answer
    })
    // A read that was asked for later is answered first.
    await served.history('likes/1', null, null)
    expect(isAnswered).toBe(false)
    naming.resolve()
    expect(await asked).toMatchObject({ ok: true, value: { ok: true } })

    const unnamed = border({ sync: sync(new Promise(() => {})) })
    await unnamed.open(openRequest({ name: 'unnamed' }))
    expect(await unnamed.dispatch(wish, false)).toMatchObject({ ok: true, value: { ok: true } })
  })

  it('B3 a subscription to what is not there is refused with its code', async () => {
    const served = border()
    await served.open(openRequest())
    const { port1, port2 } = new MessageChannel()
    closers.push(() => port1.close())
    const reply = await served.subscribe({ kind: 'projection', name: 'none' }, port2)
    expect(codeIn(reply)).toBe('unknown_projection')
  })
})

function firstUpdate(served: Contract): Promise<Update> {
  const { port1, port2 } = new MessageChannel()
  closers.push(() => port1.close())
  served.subscribe({ kind: 'status' }, port2)
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
  })
}
