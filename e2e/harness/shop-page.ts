/** The shop as its users see it: what they read and press, by role and name. */
import { expect, type Locator, type Page } from '@playwright/test'
import { readBrowserStore } from './browser-store.ts'

/** Products of the catalogue (apps/shop/catalogue) with plenty in stock, and one of which there is one piece. */
export const tea = { sku: 'TC00-000', name: 'Aldra green tea', free: 21, priceCents: 2289 } as const
export const blackTea = { sku: 'TC00-010', name: 'Dovra black tea', free: 89, priceCents: 489 } as const
export const norden = { sku: 'TC00-012', name: 'Norden black tea', free: 34, priceCents: 2889 } as const
export const lastBeans = { sku: 'TC00-030', name: 'Joral espresso beans', free: 1, priceCents: 1159 } as const
export type Product = { readonly sku: string; readonly name: string }

const arriveMs = 30_000

export async function signIn(page: Page, name: 'Ann' | 'Ben' | 'Sam'): Promise<void> {
  await page.goto('/')
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click()
  await expect(chip(page)).toBeVisible()
}

/** Signed in, with all products here and nothing waiting. */
export async function arrive(page: Page, name: 'Ann' | 'Ben' | 'Sam'): Promise<void> {
  await signIn(page, name)
  await expect(page.getByText('600 products')).toBeVisible({ timeout: arriveMs })
  await allSaved(page)
}

export function chip(page: Page): Locator {
  return page.locator('button[popovertarget="status-details"]')
}

export async function allSaved(page: Page, timeout = arriveMs): Promise<void> {
  await expect(chip(page)).toHaveAccessibleName('All saved Details', { timeout })
}

/** Offline, and so many commits wait. */
export async function offlineWith(page: Page, waiting: number): Promise<void> {
  const counted = waiting === 0 ? '' : ` ${waiting} waiting`
  await expect(chip(page)).toHaveAccessibleName(`Offline · saved on this device${counted} Details`, {
    timeout: arriveMs,
  })
}

/** The app is kept on the device: the service worker is active, so the next load needs no network. */
export async function installed(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state))
    .toBe('activated')
}

export async function openProduct(page: Page, { sku, name }: Product): Promise<void> {
  await page.goto(`/product/${sku}`)
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
}

/** Resolves when the shop has said that it is in the cart: from then on it must never be lost. */
export async function addToCart(page: Page, product: Product): Promise<void> {
  await openProduct(page, product)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expect(page.getByText(`${product.name} is in your cart.`).first()).toBeVisible()
}

export async function openCart(page: Page): Promise<void> {
  await page.goto('/cart')
  await expect(page.getByRole('heading', { level: 1, name: 'Your cart' })).toBeVisible()
}

/** What the cart page shows: pieces by the name of the product. */
export async function cartOn(page: Page): Promise<Readonly<Record<string, number>>> {
  return page.evaluate(() => {
    const inputs = [...document.querySelectorAll<HTMLInputElement>('main input[aria-label^="Pieces of "]')]
    const entries = inputs.map((input) => {
      return [input.ariaLabel?.slice('Pieces of '.length) ?? '', Number(input.value)] as const
    })
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

export async function expectCart(page: Page, cart: Readonly<Record<string, number>>): Promise<void> {
  await expect(async () => expect(await cartOn(page)).toEqual(cart)).toPass({ timeout: arriveMs })
}

/** From the cart to a placed order; resolves to its id when the order's page is shown. */
export async function checkOut(page: Page): Promise<string> {
  await page.goto('/checkout')
  await page.getByRole('button', { name: 'Place order' }).click()
  await page.waitForURL(/\/orders\/[0-9a-f-]{36}$/)
  return page.url().slice(-36)
}

/** The state of the order whose page is open. */
export function orderState(page: Page): Locator {
  return page.getByRole('main').getByRole('status')
}

/** Nothing waits in the outbox. What the page shows may be a moment old: an answer and the status go different ways. */
export async function nothingWaits(page: Page, userId: string): Promise<void> {
  await expect.poll(() => outboxOf(page, userId), { timeout: arriveMs }).toEqual([])
}

/** Outbox of the page's store, as it is on disk. */
export async function outboxOf(page: Page, userId: string) {
  const store = await readBrowserStore(page, userId)
  if (store === null) throw new Error(`There is no store of ${userId}.`)
  return store.outbox
}
