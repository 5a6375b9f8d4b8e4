/** The frame of a page: its title (also the window's), and the states in which there is nothing to show. */
import type { LucideIcon } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · varve shop`
  }, [title])
}

interface PageProps {
  readonly title: string
  readonly lead?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, lead, children }: PageProps) {
  useTitle(title)
  return (
    <>
      <header className="pt-6 pb-5 md:pt-10 md:pb-8">
        <h1 className="text-3xl md:text-4xl">{title}</h1>
        {lead !== undefined && <p className="mt-2 max-w-prose text-muted">{lead}</p>}
      </header>
      {children}
    </>
  )
}

interface EmptyProps {
  readonly icon: LucideIcon
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
}

export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-3 rounded-3xl border border-line border-dashed px-6 py-16 text-center">
      <span className="grid size-14 place-items-center rounded-full bg-accent-soft text-accent">
        <Icon className="size-6" aria-hidden="true" />
      </span>
      <h2 className="text-xl">{title}</h2>
      {children !== undefined && <p className="max-w-sm text-muted">{children}</p>}
      {action !== undefined && <div className="mt-2">{action}</div>}
    </div>
  )
}

export function Card({
  className = '',
  children,
}: {
  readonly className?: string
  readonly children: ReactNode
}) {
  return <div className={`rounded-3xl border border-line bg-surface ${className}`}>{children}</div>
}

/** While a page reads its first rows: the same height, so that nothing jumps. */
export function PageSkeleton() {
  return (
    <div aria-busy="true" className="min-h-[70dvh] pt-6 md:pt-10">
      <span className="sr-only" role="status">
        Loading
      </span>
      <div className="skeleton h-10 w-56" />
      <div className="skeleton mt-8 h-40 w-full" />
      <div className="skeleton mt-4 h-40 w-full" />
    </div>
  )
}
