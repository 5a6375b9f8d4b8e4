import { given } from 'varve/testing'
import { test } from 'vitest'
import { Reservation } from './reservation.ts'

const { make, refuse, release } = Reservation.commands
const lines = [{ sku: 'CE01-001', quantity: 2, priceCents: 1250 }]
const refusal = {
  reason: 'out_of_stock' as const,
  lines: [{ sku: 'CE01-001', quantity: 2, free: 1, priceCents: 1250 }],
}

test('an order gets one answer', () => {
  given(Reservation).when(make, { lines }).expect(['made', { lines }])
  given(Reservation).when(refuse, refusal).expect(['refused', refusal])
  given(Reservation, ['made', { lines }]).when(refuse, refusal).expectRejected('already_answered')
  given(Reservation, ['refused', refusal]).when(make, { lines }).expectRejected('already_answered')
})

test('only what was made is released, once', () => {
  given(Reservation, ['made', { lines }]).when(release).expect(['released', {}])
  given(Reservation, ['made', { lines }], ['released', {}]).when(release).expectRejected('not_made')
  given(Reservation, ['refused', refusal]).when(release).expectRejected('not_made')
  given(Reservation).when(release).expectRejected('not_made')
})
