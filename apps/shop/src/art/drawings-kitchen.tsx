/** Things for the kitchen and the bath: a cup, a pan, a bottle. */
import type { DrawingProps } from './backdrop.tsx'
import { createRandom } from './random.ts'

export function Cup({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const glaze = random.below(3)
  const steam = random.between(-4, 4)
  return (
    <>
      <ellipse cx="102" cy="174" rx="66" ry="7" fill={palette.shadow} />
      <path d="M36 164h128c-2 8-12 12-24 12H60c-12 0-22-4-24-12z" fill={palette.onMain} />
      <path
        d="M136 96h10c24 0 24 42-4 42h-10"
        fill="none"
        stroke={palette.shade}
        strokeWidth="10"
        strokeLinecap="round"
      />
      <path d="M54 82h90v40c0 28-18 42-45 42s-45-14-45-42z" fill={palette.main} />
      <path d="M122 82h22v40c0 28-18 42-45 42 18-4 25-18 25-42z" fill={palette.shade} opacity=".55" />
      {glaze === 0 && <path d="M54 112h90v10l-1 6H55l-1-6z" fill={palette.light} />}
      {glaze === 1 && (
        <path
          d="M54 96c8 0 8 14 15 14s8-10 15-10 8 20 15 20 8-16 15-16 8 10 15 10 8-12 15-12V82H54z"
          fill={palette.light}
        />
      )}
      {glaze === 2 && (
        <g fill={palette.light}>
          <circle cx="70" cy="108" r="4" />
          <circle cx="88" cy="124" r="4" />
          <circle cx="106" cy="108" r="4" />
          <circle cx="74" cy="140" r="4" />
          <circle cx="110" cy="140" r="4" />
        </g>
      )}
      <ellipse cx="99" cy="82" rx="45" ry="10" fill={palette.light} />
      <ellipse cx="99" cy="83" rx="38" ry="7" fill={palette.shade} />
      <g
        transform={`translate(${steam} 0)`}
        fill="none"
        stroke={palette.detail}
        strokeWidth="3"
        strokeLinecap="round"
        opacity=".5"
      >
        <path d="M86 64c-8-10 8-16 0-28" />
        <path d="M110 62c-8-10 8-18 0-32" />
      </g>
    </>
  )
}

export function Pan({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const turn = random.between(-62, -30)
  const filling = random.below(3)
  return (
    <g transform={`translate(88 112) rotate(${turn})`}>
      <circle cx="3" cy="5" r="62" fill={palette.shadow} opacity=".6" />
      <path d="M52-9h66a9 9 0 0 1 0 18H52z" fill={palette.onMain} />
      <circle cx="114" cy="0" r="4" fill={palette.ground} />
      <path d="M50-12h22v24H50z" fill={palette.shade} />
      <circle r="61" fill={palette.shade} />
      <circle r="55" fill={palette.main} />
      <circle r="46" fill={palette.light} opacity=".35" />
      {filling === 0 && (
        <>
          <path d="M-20-22c16-14 44-4 42 16s-14 34-34 28-26-28-8-44z" fill="#fbf7ee" />
          <circle cx="2" cy="2" r="12" fill="#e0a526" />
        </>
      )}
      {filling === 1 && (
        <g fill="none" stroke={palette.onMain} strokeWidth="2" opacity=".6">
          <circle r="36" />
          <circle r="25" />
          <circle r="14" />
        </g>
      )}
      {filling === 2 && (
        <g fill={palette.onMain}>
          <path d="M-26-4c10-18 30-18 36-4-10 14-28 16-36 4z" />
          <path d="M-6 22c4-16 22-22 32-12-4 14-20 22-32 12z" opacity=".7" />
        </g>
      )}
      <path
        d="M-40-26a48 48 0 0 1 22-18"
        fill="none"
        stroke={palette.onMain}
        strokeWidth="3"
        strokeLinecap="round"
        opacity=".55"
      />
    </g>
  )
}

export function Drop({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const label = random.below(3)
  const beside = random.pick([140, 146, 150])
  return (
    <>
      <ellipse cx="106" cy="176" rx="58" ry="6" fill={palette.shadow} />
      <path d="M84 58V46h-6v-8h30a16 16 0 0 1 14 10h-12v10z" fill={palette.onMain} />
      <rect x="80" y="56" width="34" height="12" rx="3" fill={palette.detail} opacity=".85" />
      <path
        d="M82 68h30c18 8 24 20 24 38v60a10 10 0 0 1-10 10H68a10 10 0 0 1-10-10v-60c0-18 6-30 24-38z"
        fill={palette.main}
      />
      <path
        d="M112 68c18 8 24 20 24 38v60a10 10 0 0 1-10 10h-12c6-30 8-76-2-108z"
        fill={palette.shade}
        opacity=".5"
      />
      <rect x="68" y="112" width="52" height="42" rx="4" fill={palette.light} />
      {label === 0 && (
        <path d="M94 118c8 12 12 17 12 23a12 12 0 0 1-24 0c0-6 4-11 12-23z" fill={palette.onMain} />
      )}
      {label === 1 && (
        <path
          d="M78 126h32M78 134h32M78 142h20"
          stroke={palette.onMain}
          strokeWidth="3"
          strokeLinecap="round"
        />
      )}
      {label === 2 && <circle cx="94" cy="133" r="12" fill="none" stroke={palette.onMain} strokeWidth="4" />}
      <g transform={`translate(${beside} 176)`}>
        <rect x="-24" y="-22" width="50" height="22" rx="10" fill={palette.light} />
        <path d="M-10-11h22" stroke={palette.shade} strokeWidth="3" strokeLinecap="round" opacity=".6" />
        <g fill="none" stroke={palette.light}>
          <circle cx="10" cy="-36" r="8" strokeWidth="3" />
          <circle cx="-4" cy="-50" r="5" strokeWidth="2.6" />
          <circle cx="14" cy="-58" r="3.4" strokeWidth="2.2" />
        </g>
      </g>
    </>
  )
}
