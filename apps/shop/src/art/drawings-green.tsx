/** Things that grow: a sprig of tea, a plant in its pot. */
import type { DrawingProps } from './backdrop.tsx'
import { createRandom } from './random.ts'

const blade = 'M0 0C14-24 44-28 60-8 46 12 16 14 0 0z'
const rib = 'M2-1C20-8 38-10 54-8'

export function Leaf({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const tilt = random.between(-9, 9)
  const pairs = 3 + random.below(2)
  const step = 96 / pairs
  const drooping = random.below(2) === 1
  return (
    <g transform={`rotate(${tilt} 100 170)`}>
      <path
        d="M100 176C98 140 102 90 100 42"
        fill="none"
        stroke={palette.shade}
        strokeWidth="4"
        strokeLinecap="round"
      />
      {Array.from({ length: pairs }, (_, i) => {
        const y = 152 - i * step
        const scale = 1 - i * 0.14
        const lift = -(drooping ? 14 : 24) - i * 5
        return (
          <g key={i} transform={`translate(100 ${y}) scale(${scale})`}>
            <g transform={`rotate(${lift})`}>
              <path d={blade} fill={palette.main} />
              <path d={rib} fill="none" stroke={palette.light} strokeWidth="2" strokeLinecap="round" />
            </g>
            <g transform={`translate(0 -12) scale(-1 1) rotate(${lift})`}>
              <path d={blade} fill={palette.shade} />
              <path d={rib} fill="none" stroke={palette.main} strokeWidth="2" strokeLinecap="round" />
            </g>
          </g>
        )
      })}
      <path d="M100 50C88 34 92 18 101 10c9 9 12 26-1 40z" fill={palette.light} />
    </g>
  )
}

export function Plant({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const sway = random.between(-6, 6)
  const banded = random.below(2) === 1
  const stalk = (turn: number, length: number, fill: string) => (
    <g transform={`translate(100 122) rotate(${turn + sway})`}>
      <path
        d={`M0 0C-24 ${-length * 0.35} -18 ${-length * 0.8} 0 ${-length}C18 ${-length * 0.8} 24 ${-length * 0.35} 0 0z`}
        fill={fill}
      />
      <path
        d={`M0-6V${-length * 0.82}`}
        stroke={palette.ground}
        strokeWidth="1.8"
        strokeLinecap="round"
        opacity=".55"
      />
    </g>
  )
  return (
    <>
      <ellipse cx="104" cy="176" rx="52" ry="6" fill={palette.shadow} />
      {stalk(-52, 72, palette.shade)}
      {stalk(52, 72, palette.shade)}
      {stalk(-26, 88, palette.main)}
      {stalk(28, 86, palette.main)}
      {stalk(0, 98, palette.light)}
      <path d="M62 116h76l-9 52a9 9 0 0 1-9 8H80a9 9 0 0 1-9-8z" fill={palette.onMain} />
      <path d="M118 116h20l-9 52a9 9 0 0 1-9 8h-10z" fill={palette.detail} opacity=".18" />
      {banded && <path d="M66 138h68l-2.4 14H68.4z" fill={palette.main} />}
      <rect x="56" y="108" width="88" height="15" rx="5" fill={palette.onMain} />
      <path d="M56 119h88v-1a5 5 0 0 1-5 5H61a5 5 0 0 1-5-5z" fill={palette.detail} opacity=".3" />
    </>
  )
}
