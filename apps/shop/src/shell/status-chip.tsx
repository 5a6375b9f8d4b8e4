/** The line that never lies: how this device stands to the shop, always in sight, with details on demand. */
import { Check, CloudOff, LoaderCircle, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { Stalled, StoreStatus } from 'varve'
import { useSync } from 'varve/react'
import { useAsOf } from '../data/as-of.tsx'
import { wishText } from '../data/event-words.ts'
import { useCatalogue } from '../data/use-catalogue.ts'
import type { Tone } from '../ui/badge.tsx'
import { formatTime } from '../ui/time.ts'
import { stalledText, statusWords } from './status-words.ts'

const tones: Record<Tone, string> = {
  plain: 'border-line text-muted',
  accent: 'border-line text-accent',
  good: 'border-line text-good',
  warn: 'border-transparent bg-warn-soft text-warn',
  bad: 'border-transparent bg-bad-soft text-bad',
}

const icons: Record<Tone, LucideIcon> = {
  plain: LoaderCircle,
  accent: LoaderCircle,
  good: Check,
  warn: CloudOff,
  bad: TriangleAlert,
}

export function StatusChip() {
  const status = useSync()
  const words = statusWords(status)
  const Icon = status.stalled === null ? icons[words.tone] : TriangleAlert
  const counted = status.pending > 0 && status.phase !== 'syncing'
  return (
    <>
      <button
        type="button"
        popoverTarget="status-details"
        className={`inline-flex min-h-9 items-center gap-2 rounded-full border px-3 font-medium text-sm ${tones[words.tone]}`}
      >
        <Icon className="size-4 shrink-0" aria-hidden="true" />
        <span className="xl:hidden">{words.short}</span>
        <span className="hidden xl:inline">{words.text}</span>
        {counted && (
          <span className="rounded-full bg-current/12 px-2 py-0.5 text-xs tabular-nums">
            {status.pending} waiting
          </span>
        )}
        <span className="sr-only">Details</span>
      </button>
      <span role="status" className="sr-only">
        {words.text}
      </span>
      <StatusDetails />
    </>
  )
}

function StatusDetails() {
  const status = useSync()
  const asOf = useAsOf()
  const words = statusWords(status)
  return (
    <section
      id="status-details"
      popover="auto"
      aria-label="Sync details"
      className="header-popover w-80 max-w-[calc(100vw-2rem)] rounded-2xl border border-line bg-surface p-5 shadow-lift"
    >
      <p className="font-semibold">{words.text}</p>
      <p className="mt-1 text-muted text-sm">{words.explanation}</p>
      {status.problem !== null && (
        <p className="mt-2 rounded-xl bg-bad-soft p-3 text-bad text-sm">{status.problem.hint}</p>
      )}
      {status.stalled !== null && <StalledNote stalled={status.stalled} />}
      <dl className="mt-4 grid grid-cols-[1fr_auto] gap-y-1.5 border-line border-t pt-4 text-sm">
        <Detail name="Changes not confirmed" value={String(status.pending)} />
        <Detail name="Up to date as of" value={asOf === null ? 'now' : formatTime(asOf)} />
        {status.phase !== 'local' && <Detail name="Last synced" value={lastSynced(status)} />}
        {status.logs.map(({ log, position, head }) => (
          <Detail key={log} name={log} value={head === null ? `@${position}` : `@${position} of ${head}`} />
        ))}
        <Detail name="This tab" value={status.leading ? 'sends for all tabs' : 'lets another tab send'} />
      </dl>
    </section>
  )
}

function StalledNote({ stalled }: { readonly stalled: Stalled }) {
  const { bySku } = useCatalogue()
  return (
    <p className="mt-2 rounded-xl bg-warn-soft p-3 text-sm text-warn">
      {stalledText(
        stalled,
        wishText(stalled, (sku) => bySku.get(sku)?.name ?? sku),
      )}
    </p>
  )
}

function lastSynced({ phase, syncedAt }: StoreStatus): string {
  if (phase === 'synced') return 'now'
  return syncedAt === null ? 'not since this page was opened' : formatTime(syncedAt)
}

function Detail({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="text-right tabular-nums">{value}</dd>
    </>
  )
}
