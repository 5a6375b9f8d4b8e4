/** A customer who presses "Add to cart" again and again, and counts what the shop has acknowledged. */
import { expect, type Page } from '@playwright/test'
import { dotText, readBrowserStore } from './browser-store.ts'
import { openProduct, type Product } from './shop-page.ts'

export interface Traffic {
  /** Pieces that the shop has said are in the cart. */
  readonly acknowledged: () => number
  /** Resolves when so many are acknowledged. */
  reached(pieces: number): Promise<void>
  readonly done: Promise<void>
}

/** Presses `pieces` times, each as soon as the one before is acknowledged. The cart must be empty at first. */
export async function startTraffic(page: Page, product: Product, pieces: number): Promise<Traffic> {
  await openProduct(page, product)
  let acknowledged = 0
  const waiting = new Map<number, () => void>()
  const run = async () => {
    for (let piece = 1; piece <= pieces; piece++) {
      await page.getByRole('button', { name: 'Add to cart' }).click()
      await expect(cartLink(page, piece)).toBeVisible()
      acknowledged = piece
      waiting.get(piece)?.()
    }
  }
  const done = run()
  return Object.freeze({
    acknowledged: () => acknowledged,
    reached: (wanted: number) =>
      Promise.race([
        done,
        new Promise<void>((resolve) => {
          if (acknowledged >= wanted) resolve()
          else waiting.set(wanted, resolve)
        }),
      ]),
    done,
  })
}

export function cartLink(page: Page, pieces: number) {
  return page.getByRole('link', { name: `Cart, ${pieces} ${pieces === 1 ? 'piece' : 'pieces'}`, exact: true })
}

/** All commits that a device has acknowledged to its user: they wait in the outbox or are confirmed. */
export async function acknowledgedDots(page: Page, userId: string): Promise<readonly string[]> {
  const store = await readBrowserStore(page, userId)
  if (store === null) throw new Error(`There is no store of ${userId}.`)
  return [...store.outbox.map(dotText), ...store.confirmed]
}
