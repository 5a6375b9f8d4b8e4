/** What the tests of effects share: a market's servers, the world that is asked, and orders. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Commit, historyStart, sealCommit } from 'varve/core'
import { afterAll, afterEach, expect } from 'vitest'
import { defineEffect, type EffectContext, type EffectDefinition } from '../effect.ts'
import type { SyncServerOptions } from '../server.ts'
import { market, Order, Stock } from './market.fixture.ts'
import { startTestServer, type TestServer } from './start-test-server.ts'
import { connectTestClient } from './test-client.ts'

/** For one file of tests: what it starts is closed after each test, its log files are gone in the end. */
export function serveEffects() {
  const folder = mkdtempSync(join(tmpdir(), 'varve-effect-'))
  const open: TestServer[] = []
  let files = 0
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return {
    newFile: () => join(folder, `${++files}.db`),
    async start(options: Partial<SyncServerOptions> = {}): Promise<TestServer> {
      const server = await startTestServer({ model: market, policies: [], ...options })
      open.push(server)
      return server
    },
  }
}

export async function order(server: TestServer, id: string, customer = 'ann'): Promise<void> {
  const request = Order.commands.request(id, { sku: 'tee', quantity: 1 })
  const done = await server.server.dispatch(`customer/${customer}`, request, { principal: customer })
  expect(done.ok).toBe(true)
}

export const receive = (server: TestServer, quantity: number) =>
  server.server.dispatch('shop', Stock.commands.receive('tee', { quantity }), { principal: 'seed' })

/** The world outside: who was asked for what, with which key, in order. */
export function createWorld() {
  const asked: { readonly id: string; readonly key: string }[] = []
  return {
    asked,
    ids: () => asked.map(({ id }) => id),
    keys: () => new Map(asked.map(({ id, key }) => [id, key])),
    remember: (id: string, { key }: EffectContext): undefined => {
      asked.push({ id, key })
    },
  }
}

export type World = ReturnType<typeof createWorld>

/** Writes to the customer when the order is placed. */
export const mail = (world: World, answer: () => Promise<void> | void = () => {}): EffectDefinition =>
  defineEffect('mail', {
    from: [Order],
    on: {
      'order.placed': async ({ streamId }, context) => {
        world.remember(streamId, context)
        await answer()
      },
    },
  })

/** Asks for money, and places the order with the answer. */
export const payment = (world: World): EffectDefinition =>
  defineEffect('payment', {
    from: [Order],
    on: {
      'order.requested': async ({ streamId, log }, context) => {
        world.remember(streamId, context)
        return { log, commands: [Order.commands.place(streamId)] }
      },
    },
  })

/** Orders asked for by a device that has heard of nothing. */
export function requestBy(replica: string, ids: readonly string[]): Commit {
  const data = { sku: 'tee', quantity: 1 }
  return sealCommit({
    log: 'customer/ann',
    dot: { replica, counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards: ids.map((id) => ({ stream: `order/${id}`, revision: 0, kind: 'serial' })),
    events: ids.map((id) => ({ stream: `order/${id}`, type: 'order.requested', version: 1, data })),
    withdrawn: null,
    commands: ids.map((id) => ({ stream: `order/${id}`, name: 'request', input: data })),
    now: 1,
    seed: replica,
    actor: null,
    correlation: null,
    causation: null,
  })
}

/** Resolves with its receipt. */
export async function push({ url }: TestServer, commit: Commit): Promise<void> {
  const client = await connectTestClient(url, { logs: ['customer/ann'] })
  const { epoch } = (await client.next('welcome')).logs[0]!
  client.send({ type: 'push', log: 'customer/ann', epoch, prev: historyStart, commits: [commit] })
  await client.next('receipt')
  client.close()
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}
