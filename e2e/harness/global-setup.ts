/** Runs once before all tests: the shop must be built, and its catalogue is seeded once, to be copied by each server. */
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createShopServer, newDataFolder, seededFolder } from './shop-server.ts'

const built = fileURLToPath(new URL('../../apps/shop/dist/index.html', import.meta.url))

// biome-ignore lint/style/noDefaultExport: Playwright takes the default export
export default async function prepare(): Promise<() => void> {
  if (!existsSync(built)) throw new Error('The shop is not built: run "npm run e2e", which builds it first.')
  const data = newDataFolder()
  const server = await createShopServer(data)
  await server.start()
  await server.stop()
  process.env[seededFolder] = data
  return () => rmSync(data, { recursive: true, force: true })
}
