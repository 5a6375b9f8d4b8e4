/** What could not be kept, and why: both sides of it, and what one can do about it. */
import { Inbox } from 'lucide-react'
import type { InboxNote } from 'varve'
import { useStore } from 'varve/react'
import { eventText, wishText } from '../data/event-words.ts'
import { perform } from '../data/perform.ts'
import { useCatalogue } from '../data/use-catalogue.ts'
import { useOpenInbox } from '../data/use-open-inbox.ts'
import { useSecondTry } from '../data/use-second-try.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { reasonText } from '../ui/messages.ts'
import { Card, Empty, Page } from '../ui/page.tsx'
import { formatTime } from '../ui/time.ts'
import { showToast } from '../ui/toast.tsx'

export function InboxPage() {
  const items = useOpenInbox()
  return (
    <Page title="Inbox" lead="Things you did that could not be kept, because something else happened first.">
      {items.length === 0 ? (
        <Empty icon={Inbox} title="Nothing to look at">
          Everything you did was kept.
        </Empty>
      ) : (
        <ul className="grid gap-4">
          {items.map((item) => (
            <li key={`${item.log} ${item.dot.replica} ${item.dot.counter}`}>
              <Item item={item} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  )
}

function Item({ item }: { readonly item: InboxNote }) {
  const store = useStore()
  const { bySku } = useCatalogue()
  const nameOf = (sku: string) => bySku.get(sku)?.name ?? sku
  const title = wishText(item, nameOf)
  const { label, done, run } = useSecondTry(item)
  const tryAgain = async () => {
    if ((await perform(run())) !== null) showToast(`${title}: ${done}`)
  }
  return (
    <Card className="p-5 md:p-6">
      <article aria-label={title}>
        <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-2">
          <h2 className="text-xl">{title}</h2>
          <p className="text-muted text-sm">{formatTime(item.now)}</p>
        </div>
        <p className="mt-1">{reasonText(item.reason)}</p>
        {item.reverted && (
          <p className="mt-1 text-muted text-sm">
            It had been confirmed. Then the shop was restored from an older copy, and it did not fit any more.
          </p>
        )}
        <div className="mt-5 grid gap-5 md:grid-cols-2">
          <Side title="What you did" events={item.mine} nameOf={nameOf} />
          <Side title="What had happened" events={item.theirs} nameOf={nameOf} />
        </div>
        <div className="mt-6 flex flex-wrap items-center gap-2">
          <Button look="quiet" size="small" onClick={tryAgain}>
            {label}
          </Button>
          <Button look="plain" size="small" onClick={() => void store.dismiss(item)}>
            Dismiss
          </Button>
          {item.status === 'withdrawing' && <Badge tone="warn">Not final until it is sent</Badge>}
        </div>
      </article>
    </Card>
  )
}

interface SideProps {
  readonly title: string
  readonly events: InboxNote['mine']
  readonly nameOf: (sku: string) => string
}

function Side({ title, events, nameOf }: SideProps) {
  return (
    <div className="rounded-2xl bg-sunken p-4">
      <h3 className="font-semibold text-muted text-sm">{title}</h3>
      <ul className="mt-1.5 grid gap-1">
        {events.length === 0 && <li className="text-muted">Nothing that is known here.</li>}
        {events.map((event, i) => (
          <li key={i}>{eventText(event, nameOf)}</li>
        ))}
      </ul>
    </div>
  )
}
