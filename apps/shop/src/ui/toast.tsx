/** Short notices at the foot of the page. They never hold the only copy of something important. */
import { X } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'

interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'bad'
  readonly action?: { readonly label: string; readonly run: () => void }
}

const showMs = 7_000
const shownMax = 3
const listeners = new Set<() => void>()
let toasts: readonly Toast[] = []
let lastId = 0

function change(next: readonly Toast[]): void {
  toasts = next
  for (const listener of listeners) listener()
}

export function showToast(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  lastId += 1
  change([...toasts, { id: lastId, text, tone: 'plain', ...options } satisfies Toast].slice(-shownMax))
}

function hide(id: number): void {
  change(toasts.filter((toast) => toast.id !== id))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts)
  return (
    <section
      aria-label="Notices"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-40 flex flex-col items-center gap-2 px-4 md:bottom-6"
    >
      {shown.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </section>
  )
}

function ToastCard({ toast }: { readonly toast: Toast }) {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => hide(toast.id), showMs)
    return () => clearTimeout(timer)
  }, [held, toast.id])
  const { action } = toast
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only stays while it is looked at
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="pointer-events-auto flex w-full max-w-md motion-safe:animate-[rise_.18s_ease-out] items-center gap-3 rounded-2xl bg-ink py-2 pr-2 pl-5 text-paper shadow-lift"
    >
      <p className="mr-auto py-2 text-sm leading-snug">
        {toast.tone === 'bad' && <span className="font-semibold">Not done. </span>}
        {toast.text}
      </p>
      {action !== undefined && (
        <button
          type="button"
          className="min-h-9 whitespace-nowrap rounded-full px-3 text-sm font-semibold underline underline-offset-4 outline-offset-0 hover:no-underline"
          onClick={() => {
            action.run()
            hide(toast.id)
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        aria-label="Close this notice"
        className="grid size-9 shrink-0 place-items-center rounded-full opacity-75 hover:opacity-100"
        onClick={() => hide(toast.id)}
      >
        <X className="size-4" aria-hidden="true" />
      </button>
    </div>
  )
}
