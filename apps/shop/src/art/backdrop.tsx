/** What stands behind and below every drawing: a table, a large quiet form, and three to five small marks. */
import type { Palette } from './palette.ts'
import { createRandom } from './random.ts'

export interface DrawingProps {
  readonly palette: Palette
  /** Each part draws from a generator of its own: rendered again or alone, it looks the same. */
  readonly seed: number
}

export function Backdrop({ palette, seed }: DrawingProps) {
  const random = createRandom(seed + 1)
  const x = random.between(84, 116)
  const form = random.below(4)
  return (
    <>
      {form === 0 && <circle cx={x} cy="92" r={random.between(64, 74)} fill={palette.backdrop} />}
      {form === 1 && <path d={`M${x - 56} 200V92a56 56 0 0 1 112 0v108z`} fill={palette.backdrop} />}
      {form === 2 && <path d={`M${x - 84} 158a84 84 0 0 1 168 0z`} fill={palette.backdrop} />}
      {form === 3 && <rect x={x - 60} y="26" width="120" height="140" rx="60" fill={palette.backdrop} />}
      <path d="M0 158h200v42H0z" fill={palette.floor} />
      <Marks palette={palette} seed={seed} />
    </>
  )
}

/** Places for small marks: around the middle, where the object stands, never on it. */
const places = [
  [26, 40],
  [44, 84],
  [20, 118],
  [172, 36],
  [160, 78],
  [180, 112],
  [62, 24],
  [138, 22],
] as const

function Marks({ palette, seed }: DrawingProps) {
  const random = createRandom(seed + 2)
  const first = random.below(places.length)
  const count = 3 + random.below(3)
  const kind = random.below(3)
  return (
    <g fill="none" stroke={palette.detail} strokeWidth="2" strokeLinecap="round" opacity=".42">
      {places.slice(0, count).map((_, i) => {
        const [px, py] = places[(first + i * 3) % places.length] ?? places[0]
        const at = `translate(${px + random.between(-6, 6)} ${py + random.between(-6, 6)})`
        const key = `${px}-${py}`
        if (kind === 0) return <circle key={key} transform={at} r="1.6" fill={palette.detail} stroke="none" />
        if (kind === 1)
          return <path key={key} transform={`${at} rotate(${random.between(-30, 30)})`} d="M-5 0H5" />
        return <circle key={key} transform={at} r="3.4" />
      })}
    </g>
  )
}
