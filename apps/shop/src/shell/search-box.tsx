/** Search, in the header of every page. It filters as one types where there is a list, and leads there from elsewhere. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'

const settleMs = 120

export function SearchBox() {
  const navigate = useNavigate()
  const { q = '' } = useSearch({ strict: false }) as { readonly q?: string }
  const [text, setText] = useState(q)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // What is being typed is ahead of the address; the address wins only when it changed by itself.
    if (document.activeElement !== input.current) setText(q)
  }, [q])

  const search = (next: string) => {
    setText(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      const query = next.trim()
      void navigate({
        to: '/',
        search: (before) => ({ ...before, q: query === '' ? undefined : query }),
        replace: location.pathname === '/',
      })
    }, settleMs)
  }

  return (
    <search className="relative w-full">
      <Search
        className="pointer-events-none absolute top-1/2 left-4 size-4 -translate-y-1/2 text-muted"
        aria-hidden="true"
      />
      <input
        ref={input}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        aria-label="Search products"
        placeholder="Search tea, mugs, lamps…"
        value={text}
        onChange={(event) => search(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && text !== '' && search('')}
        className="h-11 w-full rounded-full border border-line-strong bg-surface pr-11 pl-10.5 placeholder:text-muted hover:border-ink"
      />
      {text !== '' && (
        <button
          type="button"
          aria-label="Clear the search"
          className="absolute top-1/2 right-1.5 grid size-8 -translate-y-1/2 place-items-center rounded-full text-muted hover:bg-sunken"
          onClick={() => {
            search('')
            input.current?.focus()
          }}
        >
          <X className="size-4" aria-hidden="true" />
        </button>
      )}
    </search>
  )
}
