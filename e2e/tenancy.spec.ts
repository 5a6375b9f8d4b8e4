/** Whose data are whose: at the server's door, and on a device that two people share. */
import { connect } from 'node:net'
import { sealCommit } from 'varve/core'
import { readBrowserStore } from './harness/browser-store.ts'
import {
  addToCart,
  allSaved,
  arrive,
  chip,
  expectCart,
  nothingWaits,
  offlineWith,
  openCart,
  outboxOf,
  signIn,
  tea,
} from './harness/shop-page.ts'
import type { ShopServer } from './harness/shop-server.ts'
import { expect, test } from './harness/test.ts'
import { hello, openWire, readServerLog, tokenOf, type Wire } from './harness/wire.ts'

test('X15 a customer’s token opens the customer’s own log and no other', async ({ shop }) => {
  const token = await tokenOf(shop, 'ann')
  const wire = await openWire(shop)
  wire.say(hello(token, ['customer/ann', 'customer/ben', 'shop/main']))
  const { logs } = await wire.hear(({ type }) => type === 'welcome')
  expect(logs?.map(({ log }) => log)).toEqual(['customer/ann', 'shop/main'])
  expect(await wire.hear(({ type }) => type === 'refuse')).toMatchObject({
    code: 'forbidden_log',
    log: 'customer/ben',
  })
  wire.say({ type: 'pull', log: 'customer/ben', after: 0, credit: 100 })
  expect(await wire.hear(({ type }) => type === 'refuse')).toMatchObject({ code: 'unknown_log' })

  // Everybody reads the shop's log; a customer does not write it.
  const epoch = logs?.find(({ log }) => log === 'shop/main')?.epoch
  wire.say({ type: 'push', log: 'shop/main', epoch, prev: '', commits: [present('shop/main')] })
  expect(await wire.hear(({ type }) => type === 'refuse')).toMatchObject({
    code: 'forbidden_log',
    log: 'shop/main',
  })
  // And nobody says hello as somebody else later.
  wire.say({ type: 'auth', token: await tokenOf(shop, 'ben') })
  expect(await wire.hear(({ type }) => type === 'refuse')).toMatchObject({ code: 'unauthorized' })
  await wire.closed
})

test('X16 a wrong token, a foreign page and nonsense are refused in words, and nobody else is disturbed', async ({
  shop,
  device,
}) => {
  const { page } = await device('ann')
  await arrive(page, 'Ann')
  const token = await tokenOf(shop, 'ann')
  const [head = '', body = ''] = token.split('.')
  const forged = `${head}.${body}.${'A'.repeat(43)}`
  const deep = '['.repeat(200) + ']'.repeat(200)

  const said: readonly [what: string, code: string, say: (wire: Wire) => void][] = [
    ['a forged token', 'unauthorized', (wire) => wire.say(hello(forged, ['customer/ann']))],
    ['no token', 'unauthorized', (wire) => wire.say(hello('', ['customer/ann']))],
    ['another protocol', 'unsupported_protocol', (wire) => wire.say({ ...hello(token, []), protocol: 999 })],
    [
      'no hello',
      'hello_expected',
      (wire) => wire.say({ type: 'pull', log: 'shop/main', after: 0, credit: 1 }),
    ],
    ['no JSON', 'malformed', (wire) => wire.sayRaw('<html>502 Bad Gateway</html>')],
    ['an unknown type', 'malformed', (wire) => wire.say({ type: 'constructor' })],
    ['a key twice', 'malformed', (wire) => wire.sayRaw('{"type":"ping","id":1,"id":2}')],
    ['a depth of 200', 'malformed', (wire) => wire.sayRaw(deep)],
    ['half a number', 'malformed', (wire) => wire.say({ type: 'ping', id: 1.5 })],
    ['bytes', 'malformed', (wire) => wire.sayRaw(new Uint8Array([0, 255, 1]))],
    ['five megabytes', 'frame_too_large', (wire) => wire.sayRaw('a'.repeat(5 * 1024 * 1024))],
  ]
  for (const [what, code, say] of said) {
    const wire = await openWire(shop)
    say(wire)
    expect(await wire.hear(({ type }) => type === 'refuse'), what).toMatchObject({ code })
    await wire.closed
  }
  await expect(openWire(shop, 'https://elsewhere.example')).rejects.toThrow()
  await expect(openWire(shop, null)).rejects.toThrow()
  await sendGarbage(shop)

  await addToCart(page, tea)
  await allSaved(page)
  await nothingWaits(page, 'ann')
})

test('X17 who signs in on somebody else’s device neither sees nor sends what is theirs', async ({
  shop,
  device,
}) => {
  const shared = await device('shared')
  const { page } = shared
  await arrive(page, 'Ann')
  await shared.goOffline()
  await addToCart(page, tea)
  await offlineWith(page, 1)
  await page.getByRole('button', { name: /^Ann, account/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(page.getByText('Who is shopping?')).toBeVisible()

  await shared.goOnline()
  await arrive(page, 'Ben')
  await openCart(page)
  await expect(page.getByText('Nothing in it yet')).toBeVisible()
  await allSaved(page)
  expect(await outboxOf(page, 'ben')).toEqual([])
  expect(await readServerLog(shop, 'ann', 'customer/ann')).toEqual([])
  expect(await readServerLog(shop, 'ben', 'customer/ben')).toEqual([])
  expect((await readBrowserStore(page, 'ben'))?.headsByLog).not.toHaveProperty('customer/ann')
  expect(await outboxOf(page, 'ann')).toHaveLength(1)

  await page.getByRole('button', { name: /^Ben, account/ }).click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await signIn(page, 'Ann')
  await allSaved(page)
  await openCart(page)
  await expectCart(page, { [tea.name]: 1 })
  await expect(chip(page)).toBeVisible()
  expect(await readServerLog(shop, 'ann', 'customer/ann')).toHaveLength(1)
})

/** A commit without a fault: thirty free pieces of tea. */
function present(log: string) {
  return sealCommit({
    log,
    dot: { replica: 'a-stranger', counter: 1 },
    base: 0,
    born: 0,
    parent: null,
    guards: [{ stream: 'stock/TC00-000', revision: 0, kind: 'serial' }],
    events: [{ stream: 'stock/TC00-000', type: 'stock.adjusted', version: 1, data: { by: 30 } }],
    withdrawn: null,
    commands: [{ stream: 'stock/TC00-000', name: 'adjust', input: { by: 30 } }],
    now: Date.now(),
    seed: 'a-stranger',
    actor: 'ann',
    correlation: null,
    causation: null,
  })
}

/** A proper handshake, then bytes that are no WebSocket frame. Resolves when the server has hung up. */
function sendGarbage({ host, port, url }: ShopServer): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host)
    socket.on('error', reject)
    socket.on('close', () => resolve())
    socket.write(
      [
        'GET /sync HTTP/1.1',
        `Host: ${host}:${port}`,
        `Origin: ${url}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        '',
        '',
      ].join('\r\n'),
    )
    socket.once('data', () => socket.write(Buffer.alloc(1024, 0xff)))
  })
}
