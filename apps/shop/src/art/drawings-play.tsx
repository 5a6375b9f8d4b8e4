/** Things for outside, for play and for listening: a tent, building blocks, a loudspeaker. */
import type { DrawingProps } from './backdrop.tsx'
import { createRandom } from './random.ts'

export function Tent({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const ridge = random.between(-10, 10)
  const moon = random.between(136, 158)
  return (
    <>
      <circle cx={moon} cy="52" r="15" fill={palette.light} />
      <path d={`M0 158l${44 + ridge}-58 30 36 ${34 + ridge}-52 92 74z`} fill={palette.floor} />
      <path d={`M${44 + ridge} 100l12 14-8 5-6-6-8 2z`} fill={palette.backdrop} />
      <ellipse cx="100" cy="174" rx="78" ry="6" fill={palette.shadow} />
      <path d="M100 72L168 172H32z" fill={palette.main} />
      <path d="M100 72l68 100h-38z" fill={palette.shade} />
      <path d="M100 92l24 80H78z" fill={palette.onMain} />
      <path d="M100 92L78 172h14z" fill={palette.light} />
      <path d="M100 72l-4-9M100 72l5-9" stroke={palette.onMain} strokeWidth="3.4" strokeLinecap="round" />
      <path
        d="M60 131L26 170M140 131l34 39"
        stroke={palette.detail}
        strokeWidth="1.6"
        strokeLinecap="round"
        opacity=".7"
      />
      {random.below(2) === 1 && (
        <path d="M57 136l-8 12h20l5-12zM70 116l-5 8h14l3-8z" fill={palette.light} opacity=".6" />
      )}
    </>
  )
}

export function Block({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const top = random.below(3)
  const lean = random.between(-5, 5)
  const swap = random.below(2) === 1
  return (
    <>
      <ellipse cx="102" cy="176" rx="72" ry="6" fill={palette.shadow} />
      <g transform={swap ? 'translate(200 0) scale(-1 1)' : undefined}>
        <rect x="40" y="126" width="50" height="50" rx="4" fill={palette.main} />
        <circle cx="65" cy="151" r="13" fill={palette.light} />
        <path d="M98 176v-50h66v50h-18a15 15 0 0 0-30 0z" fill={palette.onMain} />
        <path d="M116 176a15 15 0 0 1 30 0z" fill={palette.floor} />
        <rect x="52" y="92" width="84" height="34" rx="4" fill={palette.light} />
        <path d="M66 92h12v34H66zM90 92h12v34H90zM114 92h12v34h-12z" fill={palette.main} opacity=".55" />
        <g transform={`rotate(${lean} 94 92)`}>
          {top === 0 && <path d="M94 44l32 48H62z" fill={palette.shade} />}
          {top === 1 && <circle cx="94" cy="66" r="26" fill={palette.shade} />}
          {top === 2 && <path d="M62 92a32 36 0 0 1 64 0z" fill={palette.shade} />}
        </g>
        <circle cx="152" cy="113" r="13" fill={palette.main} />
        <path
          d="M143 108a12 12 0 0 1 8-6"
          fill="none"
          stroke={palette.light}
          strokeWidth="2.6"
          strokeLinecap="round"
        />
      </g>
    </>
  )
}

export function Wave({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const feet = random.below(2) === 1
  const lit = random.below(3)
  const arcs = 2 + random.below(2)
  return (
    <>
      <ellipse cx="92" cy="176" rx="54" ry="6" fill={palette.shadow} />
      {feet && <path d="M60 168h10v9H60zM112 168h10v9h-10z" fill={palette.onMain} />}
      <rect x="46" y="44" width="90" height="128" rx="10" fill={palette.shade} />
      <rect x="46" y="44" width="80" height="128" rx="10" fill={palette.main} />
      <circle cx="86" cy="76" r="17" fill={palette.onMain} />
      <circle cx="86" cy="76" r="8" fill={palette.light} />
      <circle cx="86" cy="128" r="31" fill={palette.onMain} />
      <circle cx="86" cy="128" r="23" fill="none" stroke={palette.main} strokeWidth="2.6" />
      <circle cx="86" cy="128" r="11" fill={palette.light} />
      {[0, 1, 2].map((i) => (
        <circle key={i} cx={112} cy={62 + i * 9} r="2.4" fill={i === lit ? palette.light : palette.shade} />
      ))}
      <g fill="none" stroke={palette.detail} strokeWidth="4" strokeLinecap="round">
        {Array.from({ length: arcs }, (_, i) => (
          <path
            key={i}
            d={`M${148 + i * 11} ${112 - i * 9}a${24 + i * 8} ${24 + i * 8} 0 0 1 0 ${32 + i * 18}`}
            opacity={0.75 - i * 0.2}
          />
        ))}
      </g>
    </>
  )
}
