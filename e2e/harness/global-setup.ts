/**
 * Runs once before all tests: the shop must be built, its catalogue is seeded once, to be copied by each server, and
 * what Node has compiled for that server is kept for the next ones, of which there are many.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createShopServer, newDataFolder, seededFolder } from './shop-server.ts'

const built = fileURLToPath(new URL('../../apps/shop/dist/index.html', import.meta.url))

// biome-ignore lint/style/noDefaultExport: Playwright takes the default export
export default async function prepare(): Promise<() => void> {
  if (!existsSync(built)) throw new Error('The shop is not built: run "npm run e2e", which builds it first.')
  const compiled = mkdtempSync(join(tmpdir(), 'varve-compiled-'))
  process.env.NODE_COMPILE_CACHE = compiled
  const data = newDataFolder()
  const server = await createShopServer(data)
  await server.start()
  await server.stop()
  process.env[seededFolder] = data
  return () => {
    for (const folder of [data, compiled]) rmSync(folder, { recursive: true, force: true })
  }
}
