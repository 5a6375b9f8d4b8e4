/**
 * `node make-events.ts <data folder> <events>`: fills the shop's log with so many changes of stock, each a commit of
 * its own, through the server's own door. Run while no server has the file open.
 */
import { join } from 'node:path'
import { createSyncServer } from 'varve-server'
import { sqliteLog } from 'varve-server/sqlite'
import { shop, shopLog } from '../../apps/shop/src/model/shop.ts'
import { Stock } from '../../apps/shop/src/model/stock.ts'

const [data = '', events = '0'] = process.argv.slice(2)
const atOnce = 250

const server = createSyncServer({
  log: sqliteLog(join(data, 'shop.sqlite')),
  model: shop,
  insecure: true,
  port: 0,
})
await server.listen()
for (let done = 0; done < Number(events); done += atOnce) {
  // Up and down in turns, on few products: the stock is in the end what it was.
  const commands = Array.from({ length: atOnce }, (_, n) => {
    return Stock.commands.adjust(`TC00-01${n % 2}`, { by: Math.floor(n / 2) % 2 === 0 ? 1 : -1 })
  })
  const result = await server.dispatch(shopLog, commands, { principal: 'sam', chunk: 1 })
  if (!result.ok) throw new Error(`Event ${done + result.command} was refused: ${result.reason}.`)
}
await server.close()
