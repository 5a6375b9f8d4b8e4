/** Puts pieces of a product into the cart and says so; undefined for staff, who do not buy here. */
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { useStore } from 'varve/react'
import { Cart } from '../model/cart.ts'
import { useCurrentUser } from '../session/current-user.tsx'
import { showToast } from '../ui/toast.tsx'
import { perform } from './perform.ts'
import type { ProductItem } from './use-catalogue.ts'

type AddToCart = (item: Pick<ProductItem, 'sku' | 'name' | 'priceCents'>, quantity?: number) => void

export function useAddToCart(): AddToCart | undefined {
  const store = useStore()
  const user = useCurrentUser()
  const navigate = useNavigate()
  const add: AddToCart = useCallback(
    async ({ sku, name, priceCents }, quantity = 1) => {
      const line = { sku, quantity, priceCents }
      const added = await perform(store.dispatch(Cart.commands.addItem(user.id, line)))
      if (added === null) return
      showToast(`${quantity === 1 ? name : `${quantity} × ${name}`} is in your cart.`, {
        action: { label: 'See cart', run: () => void navigate({ to: '/cart' }) },
      })
    },
    [store, user.id, navigate],
  )
  return user.role === 'staff' ? undefined : add
}
