/** Fills an empty shop with the products of apps/shop/catalogue, once. */
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import type { SyncServer } from 'varve-server'
import { PriceCents } from '../src/model/money.ts'
import { Product, ProductDetails } from '../src/model/product.ts'
import { shopLog } from '../src/model/shop.ts'
import { Stock } from '../src/model/stock.ts'

const CatalogueFile = v.object({
  products: v.array(
    v.object({
      ...ProductDetails.entries,
      sku: v.string(),
      priceCents: PriceCents,
      stock: v.pipe(v.number(), v.integer(), v.minValue(0)),
    }),
  ),
})
type Seed = v.InferOutput<typeof CatalogueFile>['products'][number]

const chunkProducts = 50

/**
 * `say` is called with the progress. Started again after it was interrupted, it goes on with what is missing, for a
 * product and its stock are one commit.
 */
export async function seedShop(
  server: Pick<SyncServer, 'dispatch' | 'read'>,
  say: (line: string) => void,
): Promise<void> {
  const products = readCatalogue()
  const last = products.at(-1)
  if (last === undefined || (await server.read(shopLog, Product, last.sku)).listed) return
  say(`listing ${products.length} products`)
  for (let start = 0; start < products.length; start += chunkProducts) {
    const chunk = products.slice(start, start + chunkProducts)
    const first = chunk[0]
    if (first !== undefined && (await server.read(shopLog, Product, first.sku)).listed) continue
    const commands = chunk.flatMap(commandsOf)
    const result = await server.dispatch(shopLog, commands, { principal: 'seed', chunk: commands.length })
    if (!result.ok) throw new Error(`The catalogue cannot be listed: ${result.reason}.`)
  }
}

export function readCatalogue(): readonly Seed[] {
  const file = new URL('../catalogue/products.json', import.meta.url)
  return v.parse(CatalogueFile, JSON.parse(readFileSync(file, 'utf8'))).products
}

function commandsOf({ sku, stock, ...listed }: Seed) {
  const list = Product.commands.list(sku, listed)
  return stock === 0 ? [list] : [list, Stock.commands.receive(sku, { pieces: stock })]
}
