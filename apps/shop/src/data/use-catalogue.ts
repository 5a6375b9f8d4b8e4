/** The products as a list, and whether there are any yet. */
import { useMemo } from 'react'
import type { Store } from 'varve'
import { useProjection, useStore, useSync } from 'varve/react'
import { Catalogue, type CatalogueRow } from '../model/catalogue.ts'
import { shopLog } from '../model/shop.ts'
import { StockLevels, type StockRow } from '../model/stock-levels.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { readLastSynced } from './as-of.tsx'

export interface ProductItem extends CatalogueRow {
  readonly sku: string
}

const unknownStock: StockRow = { free: 0, reserved: 0, pending: false }
/** Stores that had all of it at some time: later entries change a product here and there, nothing to wait for. */
const completeStores = new WeakSet<Store>()

/** `arriving`: this device has never had the whole catalogue. `unreachable`: and it will not come now. */
export function useCatalogue() {
  const store = useStore()
  const user = useCurrentUser()
  const rows = useProjection(Catalogue)
  const levels = useProjection(StockLevels)
  const { phase, logs } = useSync()
  const items = useMemo(() => [...rows].map(([sku, row]): ProductItem => ({ ...row, sku })), [rows])
  const isStuck = phase === 'offline' || phase === 'halted'
  if (items.length > 0 && !completeStores.has(store)) {
    const log = logs.find(({ log }) => log === shopLog)
    const isHere = log !== undefined && log.head !== null && log.position >= log.head
    if (isHere || isStuck || readLastSynced(user.id) > 0) completeStores.add(store)
  }
  const arriving = !completeStores.has(store)
  return {
    items,
    bySku: rows,
    stockOf: (sku: string): StockRow => levels.get(sku) ?? unknownStock,
    arriving,
    unreachable: arriving && isStuck,
  }
}
