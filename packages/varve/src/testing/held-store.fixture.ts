/** Stores in a browser of which somebody holds the database. */
import { shop } from '../core/cart.fixture.ts'
import { storeOn } from '../store/store-on.ts'
import { connectLimits, connectWorker } from '../worker/connect.ts'
import { type HeldDatabase, holdDatabase } from './hold-database.fixture.ts'

const spawn = () => new Worker(new URL('./shop.worker.fixture.ts', import.meta.url), { type: 'module' })

/** @param openMs how long `ready` waits */
export function openShopStore(name: string, openMs: number = connectLimits.openMs) {
  const host = connectWorker(spawn, { ...connectLimits, openMs })
  return storeOn(host, shop, { name, logs: { customer: 'customer/1', bank: 'bank' }, onLife: host.onLife })
}

export function holdStore(name: string): Promise<HeldDatabase> {
  return holdDatabase(`varve:${name}`)
}
