import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseOptions } from './options.ts'
import { type ShopServer, startShopServer } from './shop-server.ts'

const data = mkdtempSync(join(tmpdir(), 'varve-shop-'))
const said: string[] = []
let server: ShopServer

beforeAll(async () => {
  server = await startShopServer(parseOptions(['--port', '0', '--data', data]), (line) => said.push(line))
}, 30_000)
afterAll(async () => {
  await server.close()
  rmSync(data, { recursive: true, force: true })
})

const signIn = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(`${server.url}/api/sign-in`, { method: 'POST', headers, body })

test('the first start lists the catalogue', () => {
  expect(said).toEqual(['listing 600 products'])
})

test('people of the demo are signed in, others are not', async () => {
  const answer = await signIn('{"user":"ann"}')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.json()).toEqual({ token: expect.any(String), expiresInMs: 3_600_000 })
  expect((await signIn('{"user":"eve"}')).status).toBe(400)
  expect((await signIn('nonsense')).status).toBe(400)
  expect((await signIn(`{"user":"${'a'.repeat(2000)}"}`)).status).toBe(413)
})

test('pages of other sites, and forms, sign nobody in', async () => {
  const json = { 'content-type': 'application/json' }
  expect((await signIn('{"user":"ann"}', { ...json, origin: 'https://evil.example' })).status).toBe(403)
  expect((await signIn('{"user":"ann"}', { ...json, origin: server.url })).status).toBe(200)
  expect((await signIn('{"user":"ann"}', { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await fetch(`${server.url}/api/sign-in`)).status).toBe(405)
})

test('nothing outside the built shop is served', async () => {
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/..%2fserver/main.ts',
    '/assets/none.js',
  ]) {
    expect([path, await statusOf(path)]).toEqual([path, 404])
  }
  expect(await statusOf('/%ff')).toBe(400)
})

test('every answer says what a browser may do with it', async () => {
  const { headers } = await fetch(`${server.url}/robots.txt`)
  expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

/** As it is written: fetch would tidy the path up. */
function statusOf(path: string): Promise<number> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
