import { given } from 'varve/testing'
import { test } from 'vitest'
import { Stock } from './stock.ts'

const { receive, adjust, reserve, release } = Stock.commands
const orderId = '0b8c2c3e-6a4d-4a53-9d57-0a4e5bb3d001'

test('pieces are received, up to what a shelf can hold', () => {
  given(Stock)
    .when(receive, { pieces: 12 })
    .expect(['received', { pieces: 12 }])
  given(Stock, ['received', { pieces: 100_000 }])
    .when(receive, { pieces: 1 })
    .expectRejected('too_many')
})

test('stock is adjusted by a difference, never below nothing', () => {
  given(Stock, ['received', { pieces: 3 }])
    .when(adjust, { by: -3 })
    .expect(['adjusted', { by: -3 }])
  given(Stock, ['received', { pieces: 3 }])
    .when(adjust, { by: -4 })
    .expectRejected('out_of_stock', { free: 3 })
  given(Stock).when(adjust, { by: 0 }).expectRejected('no_change')
  given(Stock, ['received', { pieces: 100_000 }])
    .when(adjust, { by: 1 })
    .expectRejected('too_many')
})

test('two people adjust one stock offline: both count, as long as there is enough', () => {
  given(Stock, ['received', { pieces: 5 }])
    .theirs(['adjusted', { by: -2 }])
    .when(adjust, { by: -3 })
    .expect(['adjusted', { by: -3 }])
  given(Stock, ['received', { pieces: 5 }])
    .theirs(['adjusted', { by: -3 }])
    .when(adjust, { by: -3 })
    .expectRejected('out_of_stock', { free: 2 })
})

test('pieces are reserved for an order once, and only free ones', () => {
  given(Stock, ['received', { pieces: 2 }])
    .when(reserve, { orderId, pieces: 2 })
    .expect(['reserved', { orderId, pieces: 2 }])
  given(Stock, ['received', { pieces: 2 }], ['reserved', { orderId, pieces: 1 }])
    .when(reserve, { orderId, pieces: 1 })
    .expectRejected('already_reserved')
  given(Stock, ['received', { pieces: 2 }])
    .when(reserve, { orderId, pieces: 3 })
    .expectRejected('out_of_stock', { free: 2 })
})

test('what was reserved is released, once, and can be reserved again', () => {
  given(Stock, ['received', { pieces: 2 }], ['reserved', { orderId, pieces: 2 }])
    .when(release, { orderId })
    .expect(['released', { orderId, pieces: 2 }])
  given(Stock, ['received', { pieces: 2 }])
    .when(release, { orderId })
    .expectRejected('not_reserved')
  given(
    Stock,
    ['received', { pieces: 2 }],
    ['reserved', { orderId, pieces: 2 }],
    ['released', { orderId, pieces: 2 }],
  )
    .when(reserve, { orderId, pieces: 2 })
    .expect(['reserved', { orderId, pieces: 2 }])
})
