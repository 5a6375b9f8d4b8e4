/** The contract of the wish journal. */
import type { SavedWish, WishJournal } from '../../log/wish-journal.ts'
import type { TestApi } from './log-disk.ts'

/** @param openPlace a new, empty place; each call of what it gives is one more handle on it */
export function wishJournalContract(
  { it, expect }: TestApi,
  openPlace: () => Promise<() => WishJournal>,
): void {
  const wish = (seed: string, order: number): SavedWish => ({
    seed,
    log: 'shop',
    request: { commands: [{ stream: 'cart/1', name: 'add', input: { sku: 'tea' } }], now: 5, seed },
    actor: 'ann',
    after: 7,
    order,
  })

  it('L25 wishes are kept as they were, in their order, for every handle and later ones', async () => {
    const open = await openPlace()
    const [one, two] = [open(), open()]
    await one.add(wish('b', 2))
    await two.add(wish('a', 3))
    await one.add(wish('c', 1))
    const all = [wish('c', 1), wish('b', 2), wish('a', 3)]
    expect(await two.read()).toEqual(all)
    await one.close()
    expect(await open().read()).toEqual(all)
  })

  it('L25 a wish is there once, and removed by its seed, also if it is not there any more', async () => {
    const open = await openPlace()
    const journal = open()
    await journal.add(wish('a', 1))
    await journal.add(wish('a', 1))
    await journal.add(wish('b', 2))
    expect(await journal.read()).toEqual([wish('a', 1), wish('b', 2)])
    await open().remove('a')
    await journal.remove('a')
    await journal.remove('b')
    expect(await journal.read()).toEqual([])
  })
}
