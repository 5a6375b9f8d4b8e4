import { expect, it } from 'vitest'
import { Account, Cart, Likes, Orders, Payment, Revenue, shop } from '../core/cart.fixture.ts'
import { defineModel } from '../core/model.ts'
import { modelSignature } from './contract-model.ts'

it('B4 models of the same parts have the same signature, in whatever order', () => {
  const logs = { bank: [Payment, Account], customer: [Likes, Cart] }
  const again = defineModel('shop', { logs, projections: [Revenue, Orders] })
  expect(modelSignature(again)).toBe(modelSignature(shop))
})

it('B4 a model with a part less has another signature', () => {
  const less = defineModel('shop', {
    logs: { customer: [Cart, Likes], bank: [Account, Payment] },
    projections: [Orders],
  })
  expect(modelSignature(less)).not.toBe(modelSignature(shop))
})
