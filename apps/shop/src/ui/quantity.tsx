/** How many: two buttons and the number between them, which can be typed too. */
import { Minus, Plus } from 'lucide-react'
import { useEffect, useState } from 'react'

interface Props {
  readonly value: number
  readonly max: number
  /** What is counted, for those who cannot see where it stands. */
  readonly label: string
  readonly onChange: (value: number) => void
}

export function Quantity({ value, max, label, onChange }: Props) {
  const [text, setText] = useState(String(value))
  useEffect(() => setText(String(value)), [value])
  const commit = () => {
    const typed = Number(text)
    if (Number.isInteger(typed) && typed >= 1 && typed <= max) {
      if (typed !== value) onChange(typed)
    } else setText(String(value))
  }
  const step = 'grid size-10 place-items-center rounded-full enabled:hover:bg-sunken disabled:opacity-40'
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a row everywhere
    <div
      role="group"
      aria-label={label}
      className="inline-flex items-center rounded-full border border-line bg-surface"
    >
      <button
        type="button"
        aria-label="One less"
        className={step}
        disabled={value <= 1}
        onClick={() => onChange(value - 1)}
      >
        <Minus className="size-4" aria-hidden="true" />
      </button>
      <input
        aria-label={label}
        inputMode="numeric"
        className="w-8 rounded bg-transparent text-center tabular-nums"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      <button
        type="button"
        aria-label="One more"
        className={step}
        disabled={value >= max}
        onClick={() => onChange(value + 1)}
      >
        <Plus className="size-4" aria-hidden="true" />
      </button>
    </div>
  )
}
