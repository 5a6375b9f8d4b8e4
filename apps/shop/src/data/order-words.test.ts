import { expect, test } from 'vitest'
import type { OrderRow } from '../model/orders.ts'
import { orderWords, unsentOf } from './order-words.ts'

const order = (status: OrderRow['status'], placedInLog = false) =>
  ({ status, placedInLog, refusal: null }) as OrderRow

test('an order that is not in the log is called sent, waiting or at risk, as it is', () => {
  const words = (isSent: boolean, isAtRisk: boolean) =>
    (['requested', 'cancelled'] as const).map(
      (status) => orderWords(order(status), unsentOf(isSent, isAtRisk)).text,
    )
  expect(words(false, false)).toEqual(['Waiting to be sent', 'Cancelled, waiting to be sent'])
  expect(words(true, false)).toEqual(['Sent, not final yet', 'Cancelled, not final yet'])
  expect(words(false, true)).toEqual(['Not sent, may be lost', 'Cancelled, but not sent'])
  // The server has said that it has it: that the store is gone changes nothing.
  expect(words(true, true)).toEqual(words(true, false))
})

test('what is in the log is told as it is, whatever became of the store', () => {
  for (const unsent of ['waiting', 'at risk'] as const) {
    expect(orderWords(order('requested', true), unsent).text).toBe('Received, checking stock')
    expect(orderWords(order('cancelled', true), unsent).text).toBe('Cancelled')
    expect(orderWords(order('placed', true), unsent).text).toBe('Confirmed')
  }
})
