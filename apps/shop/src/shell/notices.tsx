/** What must be seen on every page: work that could not be kept, a lost store, a stopped sync. */
import { Link, useLocation } from '@tanstack/react-router'
import { Inbox, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useStore, useSync } from 'varve/react'
import { useOpenInbox } from '../data/use-open-inbox.ts'
import { Button, buttonClass } from '../ui/button.tsx'

export function Notices() {
  const inbox = useOpenInbox().length
  const isInbox = useLocation({ select: ({ pathname }) => pathname === '/inbox' })
  return (
    <>
      <ProblemNotice />
      {inbox > 0 && !isInbox && (
        <Notice tone="bg-warn-soft text-warn" icon={<Inbox className="size-5 shrink-0" aria-hidden="true" />}>
          <p className="mr-auto min-w-0 flex-1 basis-40">
            {inbox === 1
              ? 'Something you did could not be kept.'
              : `${inbox} things you did could not be kept.`}
          </p>
          <Link to="/inbox" className={buttonClass({ look: 'quiet', size: 'small' })}>
            See what happened
          </Link>
        </Notice>
      )}
    </>
  )
}

/** Also while the store is being opened: it reads nothing of it. */
export function ProblemNotice() {
  const store = useStore()
  const { problem } = useSync()
  if (problem === null) return null
  return (
    <Notice
      tone="bg-bad-soft text-bad"
      icon={<TriangleAlert className="size-5 shrink-0" aria-hidden="true" />}
    >
      <p className="mr-auto min-w-0 flex-1 basis-40">
        <span className="font-semibold">{problem.message}</span> {problem.hint}
      </p>
      {problem.code === 'store_lost' && (
        <Button look="quiet" size="small" onClick={() => store.acknowledgeLoss()}>
          I understand
        </Button>
      )}
    </Notice>
  )
}

interface NoticeProps {
  readonly tone: string
  readonly icon: ReactNode
  readonly children: ReactNode
}

function Notice({ tone, icon, children }: NoticeProps) {
  return (
    <div role="status" className={tone}>
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2.5 text-sm">
        {icon}
        {children}
      </div>
    </div>
  )
}
