/** The frame around every page. */
import { Link, Outlet } from '@tanstack/react-router'
import { Suspense } from 'react'
import { OrderNews } from '../data/order-news.tsx'
import { Logo } from '../ui/logo.tsx'
import { PageSkeleton } from '../ui/page.tsx'
import { BottomNav, TopNav } from './nav.tsx'
import { Notices } from './notices.tsx'
import { SearchBox } from './search-box.tsx'
import { StatusChip } from './status-chip.tsx'
import { UserMenu } from './user-menu.tsx'

export function Shell() {
  return (
    <>
      <a
        href="#main"
        className="sr-only z-50 rounded-full bg-accent px-4 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 border-line border-b bg-paper/95 backdrop-blur">
        <div className="mx-auto grid max-w-6xl grid-cols-[auto_1fr] items-center gap-x-3 gap-y-2 px-4 py-2.5 md:grid-cols-[auto_minmax(0,1fr)_auto_auto]">
          <Link to="/" aria-label="varve shop, home" className="rounded-xl">
            <Logo />
          </Link>
          <div className="col-span-2 row-start-2 md:col-span-1 md:col-start-2 md:row-start-1">
            <SearchBox />
          </div>
          <TopNav />
          <div className="flex items-center justify-end gap-2">
            <StatusChip />
            <UserMenu />
          </div>
        </div>
      </header>
      <Notices />
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto min-h-[80dvh] max-w-6xl px-4 pb-32 outline-none md:pb-20"
      >
        <Suspense fallback={<PageSkeleton />}>
          <Outlet />
        </Suspense>
      </main>
      <BottomNav />
      <OrderNews />
    </>
  )
}
