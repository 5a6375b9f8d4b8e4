/** How many are left, as far as this device knows: advice, never a promise. */
import { useAsOf } from '../data/as-of.tsx'
import { formatTime } from './time.ts'

const fewMax = 5

interface Props {
  readonly free: number
  /** Say so even when there are plenty. */
  readonly always?: boolean
}

export function StockAdvice({ free, always = false }: Props) {
  const asOf = useAsOf()
  const age = asOf === null ? '' : `, as of ${formatTime(asOf)}`
  if (free === 0) return <span className="font-medium text-bad">Sold out{age}</span>
  if (free <= fewMax) {
    return (
      <span className="font-medium text-warn">
        {free} left{age}
      </span>
    )
  }
  return <span className="text-muted">{always ? `${free} in stock${age}` : 'In stock'}</span>
}
