/** While the store is being opened: the frame without what has to be read, and what keeps it from opening. */
import { Logo } from '../ui/logo.tsx'
import { PageSkeleton } from '../ui/page.tsx'
import { ProblemNotice } from './notices.tsx'

export function Opening() {
  return (
    <>
      <header className="border-line border-b">
        <div className="mx-auto max-w-6xl px-4 py-2.5">
          <Logo />
        </div>
      </header>
      <ProblemNotice />
      <main className="mx-auto max-w-6xl px-4">
        <PageSkeleton />
      </main>
    </>
  )
}
