import { expect, it, onTestFinished } from 'vitest'
import { Cart } from '../core/cart.fixture.ts'
import { holdStore, openShopStore } from '../testing/held-store.fixture.ts'
import { type ExportLine, exportStore } from './index.ts'

it('L26 B18 a store that another tab holds: what was saved beside it is copied, and then it is said', async () => {
  const name = `export-${crypto.randomUUID()}`
  const store = openShopStore(name)
  onTestFinished(() => store.close())
  const add = (sku: string) => store.dispatch(Cart.commands.addItem('1', { sku, unitPrice: 10, quantity: 1 }))
  await add('shirt')
  const whole = await Array.fromAsync(exportStore(name))
  expect(whole.map((line) => (JSON.parse(line) as ExportLine).kind)).toEqual([
    'copy',
    'store',
    'pending',
    'end',
  ])
  const database = await holdStore(name)
  onTestFinished(() => database.letGo())
  const saved = await add('hat')
  expect(saved.ok).toBe(true)
  const lines: string[] = []
  const copying = (async () => {
    for await (const line of exportStore(name, { heldMs: 500 })) lines.push(line)
  })()
  await expect(copying).rejects.toMatchObject({ code: 'store_held' })
  expect(lines.map((line) => (JSON.parse(line) as ExportLine).kind)).toEqual(['copy', 'wish'])
  expect(lines[1]).toContain('hat')
  await database.letGo()
  const after = await Array.fromAsync(exportStore(name))
  const text = after.join('')
  expect([text.includes('shirt'), text.includes('hat')]).toEqual([true, true])
})
