/** Which page stands at which address. */
import { createRootRoute, createRoute, createRouter, Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { BrowseSearch } from './pages/browse-filter.ts'
import { BrowsePage } from './pages/browse-page.tsx'
import { CartPage } from './pages/cart-page.tsx'
import { CheckoutPage } from './pages/checkout-page.tsx'
import { ErrorPage } from './pages/error-page.tsx'
import { InboxPage } from './pages/inbox-page.tsx'
import { OrderPage } from './pages/order-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { ProductPage } from './pages/product-page.tsx'
import { StaffPage } from './pages/staff-page.tsx'
import { Opening } from './shell/opening.tsx'
import { Shell } from './shell/shell.tsx'
import { buttonClass } from './ui/button.tsx'
import { Empty, Page } from './ui/page.tsx'

const root = createRootRoute({
  component: Shell,
  pendingComponent: Opening,
  notFoundComponent: NotFound,
  errorComponent: ErrorPage,
})
const at = <Path extends string>(path: Path, component: () => React.ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component })

const browse = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: BrowsePage,
  validateSearch: BrowseSearch,
})

const routeTree = root.addChildren([
  browse,
  at('/product/$sku', ProductPage),
  at('/cart', CartPage),
  at('/checkout', CheckoutPage),
  at('/orders', OrdersPage),
  at('/orders/$orderId', OrderPage),
  at('/inbox', InboxPage),
  at('/staff', StaffPage),
])

export const router = createRouter({ routeTree, scrollRestoration: true, defaultErrorComponent: ErrorPage })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

function NotFound() {
  return (
    <Page title="Not found">
      <Empty
        icon={Compass}
        title="There is no such page"
        action={
          <Link to="/" className={buttonClass()}>
            Go to the shop
          </Link>
        }
      />
    </Page>
  )
}
