/** Where one can go: beside the logo on a wide screen, at the thumb on a phone. */
import { Link } from '@tanstack/react-router'
import { Inbox, type LucideIcon, Package, ShoppingBag, Store, Wrench } from 'lucide-react'
import { useCartPieces } from '../data/use-cart.ts'
import { useOpenInbox } from '../data/use-open-inbox.ts'
import { useCurrentUser } from '../session/current-user.tsx'

interface Place {
  readonly to: '/' | '/orders' | '/cart' | '/inbox' | '/staff'
  readonly label: string
  readonly icon: LucideIcon
  readonly count: number
}

function usePlaces(): readonly Place[] {
  const isStaff = useCurrentUser().role === 'staff'
  const pieces = useCartPieces()
  const inbox = useOpenInbox().length
  const browse: Place = { to: '/', label: 'Shop', icon: Store, count: 0 }
  const own: readonly Place[] = isStaff
    ? [{ to: '/staff', label: 'Stock and prices', icon: Wrench, count: 0 }]
    : [
        { to: '/orders', label: 'Orders', icon: Package, count: 0 },
        { to: '/cart', label: 'Cart', icon: ShoppingBag, count: pieces },
      ]
  return inbox === 0
    ? [browse, ...own]
    : [browse, ...own, { to: '/inbox', label: 'Inbox', icon: Inbox, count: inbox }]
}

function countText({ to, count }: Place): string {
  if (count === 0) return ''
  return to === '/cart' ? `, ${count} ${count === 1 ? 'piece' : 'pieces'}` : `, ${count} to look at`
}

export function TopNav() {
  return (
    <nav aria-label="Main" className="hidden items-center gap-1 md:flex">
      {usePlaces().map((place) => (
        <Link
          key={place.to}
          to={place.to}
          aria-label={`${place.label}${countText(place)}`}
          activeOptions={{ exact: place.to === '/', includeSearch: false }}
          activeProps={{ className: 'text-ink bg-sunken' }}
          inactiveProps={{ className: 'text-muted hover:text-ink' }}
          className="inline-flex min-h-10 items-center gap-2 whitespace-nowrap rounded-full px-3.5 font-medium"
        >
          {/* What is read aloud begins with what is seen, in this order and with a space: "Cart 3". */}
          {place.label} {place.count > 0 && <Count value={place.count} />}
        </Link>
      ))}
    </nav>
  )
}

export function BottomNav() {
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-line border-t bg-paper/95 pb-[env(safe-area-inset-bottom)] backdrop-blur md:hidden"
    >
      {usePlaces().map((place) => (
        <Link
          key={place.to}
          to={place.to}
          aria-label={`${place.label}${countText(place)}`}
          activeOptions={{ exact: place.to === '/', includeSearch: false }}
          activeProps={{ className: 'text-accent' }}
          inactiveProps={{ className: 'text-muted' }}
          className="relative flex min-h-16 flex-1 flex-col items-center justify-center gap-1 font-medium text-xs outline-offset-[-2px]"
        >
          <place.icon className="size-5.5" aria-hidden="true" />
          {place.label}{' '}
          {place.count > 0 && (
            <span className="absolute top-1 left-1/2 ml-0.5">
              <Count value={place.count} />
            </span>
          )}
        </Link>
      ))}
    </nav>
  )
}

function Count({ value }: { readonly value: number }) {
  return (
    <span className="grid h-5 min-w-5 place-items-center rounded-full bg-accent px-1.5 font-semibold text-accent-ink text-xs tabular-nums">
      {value}
    </span>
  )
}
