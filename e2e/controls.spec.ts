/** Would these suites notice? Each judge of theirs is shown what it must not let pass. */
import { audit, auditDots } from './harness/audit.ts'
import { openDevice } from './harness/device.ts'
import { cutNewestEntry, readLogFile, type ServerLogs } from './harness/log-file.ts'
import {
  addToCart,
  allSaved,
  arrive,
  blackTea,
  checkOut,
  chip,
  nothingWaits,
  offlineWith,
  orderState,
  tea,
} from './harness/shop-page.ts'
import { expect, test } from './harness/test.ts'
import { acknowledgedDots } from './harness/traffic.ts'

test('X19 a lost, a doubled, a damaged and an unanswered commit are each found', async ({ shop, device }) => {
  const { page } = await device('ann')
  await arrive(page, 'Ann')
  await addToCart(page, tea)
  await checkOut(page)
  await expect(orderState(page)).toHaveText('Confirmed')
  await addToCart(page, blackTea)
  await allSaved(page)
  await nothingWaits(page, 'ann')
  const dots = await acknowledgedDots(page, 'ann')
  await shop.stop()
  const whole = readLogFile(shop.file)
  expect(auditDots(whole, dots)).toEqual([])
  expect(audit(whole)).toEqual([])

  cutNewestEntry(shop.file, 'customer/ann')
  const cut = readLogFile(shop.file)
  expect(audit(cut), 'a log without its end is a log').toEqual([])
  expect(auditDots(cut, dots)).toEqual([
    expect.stringMatching(/^acknowledged customer\/ann \S+ \d+ is lost$/),
  ])

  const mine = whole.get('customer/ann') ?? []
  const changed = (log: string, entries: ServerLogs extends ReadonlyMap<string, infer E> ? E : never) =>
    audit(new Map(whole).set(log, entries)).join('\n')
  const last = mine.at(-1)
  if (last === undefined) throw new Error('There is nothing to damage.')
  const again = { ...last, position: last.position + 1 }
  expect(changed('customer/ann', [...mine, again])).toContain('is there twice')
  expect(auditDots(new Map(whole).set('customer/ann', [...mine, again]), dots)).toHaveLength(1)
  expect(changed('customer/ann', mine.slice(1))).toContain('has position 2')
  const dearer = { ...last, commit: { ...last.commit, now: last.commit.now + 1 } }
  expect(changed('customer/ann', [...mine.slice(0, -1), dearer])).toContain('not what its hash says')
  expect(changed('customer/ann', [...mine.slice(0, -1), { ...last, time: last.time + 1 }])).toContain(
    'chain is broken',
  )
  const unanswered = (whole.get('shop/main') ?? []).slice(0, -1)
  expect(changed('shop/main', unanswered)).toContain('has 0 answers')
})

test('X20 a status chip that lies is caught', async ({ shop, browser }) => {
  const ann = await openDevice(browser, { name: 'ann', url: shop.url })
  try {
    const { page, witness } = ann
    await arrive(page, 'Ann')
    await ann.goOffline()
    await addToCart(page, tea)
    await offlineWith(page, 1)
    expect(witness.lies).toEqual([])
    await chip(page).evaluate((button) => {
      button.textContent = ''
      button.append(Object.assign(document.createElement('span'), { textContent: 'All saved' }))
    })
    await expect.poll(() => witness.lies.length).toBe(1)
    expect(witness.lies[0]?.dot).toMatch(/^customer\/ann /)
  } finally {
    await ann.close()
  }
})
