/** Things for a room: a lamp, a notebook, folded cloth, a desk. */
import type { DrawingProps } from './backdrop.tsx'
import { createRandom } from './random.ts'

export function Lamp({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const pleated = random.below(2) === 1
  const foot = random.below(2)
  return (
    <>
      <path d="M62 104h76l34 72H28z" fill={palette.light} opacity=".28" />
      <ellipse cx="100" cy="176" rx="46" ry="6" fill={palette.shadow} />
      <path d="M97 100h6v64h-6z" fill={palette.onMain} />
      {foot === 0 && <path d="M70 176c0-10 14-14 30-14s30 4 30 14z" fill={palette.shade} />}
      {foot === 1 && (
        <>
          <circle cx="100" cy="142" r="17" fill={palette.shade} />
          <rect x="76" y="168" width="48" height="8" rx="4" fill={palette.shade} />
          <path d="M97 158h6v12h-6z" fill={palette.onMain} />
        </>
      )}
      <path d="M76 40h48l24 64a4 4 0 0 1-4 4H56a4 4 0 0 1-4-4z" fill={palette.main} />
      <path d="M112 40h12l24 64a4 4 0 0 1-4 4h-20z" fill={palette.shade} opacity=".6" />
      {pleated && (
        <path
          d="M84 40l-14 68M92 40l-6 68M100 40v68M108 40l6 68"
          stroke={palette.light}
          strokeWidth="2"
          opacity=".7"
        />
      )}
      {!pleated && <path d="M56 94h88l4 10a4 4 0 0 1-4 4H56a4 4 0 0 1-4-4z" fill={palette.light} />}
      <circle cx="100" cy="36" r="5" fill={palette.onMain} />
      <path d="M132 108v20" stroke={palette.detail} strokeWidth="1.6" />
      <circle cx="132" cy="131" r="3" fill={palette.detail} />
    </>
  )
}

export function Page({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const tilt = random.between(-11, -4)
  const cover = random.below(3)
  const pen = random.between(14, 22)
  return (
    <>
      <g transform={`rotate(${tilt} 92 104)`}>
        <rect x="46" y="40" width="100" height="134" rx="6" fill={palette.shadow} opacity=".7" />
        <path d="M48 36h92a6 6 0 0 1 6 6v120a6 6 0 0 1-6 6H48z" fill="#fbf7ee" />
        <path d="M140 46v112M144 44v116" stroke={palette.shadow} strokeWidth="1.2" opacity=".6" />
        <path
          d="M46 32h86a6 6 0 0 1 6 6v120a6 6 0 0 1-6 6H46a6 6 0 0 1-6-6V38a6 6 0 0 1 6-6z"
          fill={palette.main}
        />
        <path d="M40 38a6 6 0 0 1 6-6h10v132H46a6 6 0 0 1-6-6z" fill={palette.shade} />
        {cover === 0 && <rect x="70" y="54" width="52" height="30" rx="3" fill={palette.light} />}
        {cover === 0 && (
          <path d="M78 65h36M78 73h22" stroke={palette.onMain} strokeWidth="3" strokeLinecap="round" />
        )}
        {cover === 1 && <path d="M56 120h82v20H56z" fill={palette.light} />}
        {cover === 1 && <circle cx="97" cy="76" r="17" fill="none" stroke={palette.light} strokeWidth="5" />}
        {cover === 2 && (
          <path
            d="M64 66q11-12 22 0t22 0 22 0M64 88q11-12 22 0t22 0 22 0M64 110q11-12 22 0t22 0 22 0"
            fill="none"
            stroke={palette.light}
            strokeWidth="4"
            strokeLinecap="round"
          />
        )}
        <path d="M118 164v22l6-6 6 6v-22z" fill={palette.light} />
      </g>
      <g transform={`translate(140 178) rotate(${pen})`}>
        <path d="M-6-118h12v88L0-12-6-30z" fill={palette.onMain} />
        <path d="M-6-30H6L0-12z" fill={palette.light} />
        <path d="M-6-104H6v10H-6z" fill={palette.main} />
      </g>
    </>
  )
}

export function Weave({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const pattern = random.below(3)
  const fold = (y: number, x: number, fill: string, edge: string) => (
    <>
      <rect x={x} y={y} width={200 - 2 * x} height="36" rx="16" fill={fill} />
      <path d={`M${200 - x - 16} ${y}a16 18 0 0 1 0 36 26 26 0 0 0 0-36z`} fill={edge} />
    </>
  )
  return (
    <>
      <ellipse cx="100" cy="176" rx="76" ry="6" fill={palette.shadow} />
      {fold(140, 32, palette.onMain, palette.detail)}
      {fold(104, 38, palette.main, palette.shade)}
      {pattern === 0 && (
        <path d="M62 104h9v36h-9zM80 104h9v36h-9zM98 104h9v36h-9zM116 104h9v36h-9z" fill={palette.light} />
      )}
      {pattern === 1 && <path d="M46 114h102v5H46zM46 125h102v5H46z" fill={palette.light} />}
      {pattern === 2 && (
        <path
          d="M60 131l11-18 11 18 11-18 11 18 11-18 11 18 11-18"
          fill="none"
          stroke={palette.light}
          strokeWidth="4"
          strokeLinejoin="round"
        />
      )}
      {fold(68, 34, palette.light, palette.main)}
      <path d="M64 70h68v76H64z" fill={palette.shade} />
      <path d="M72 70h6v76h-6zM118 70h6v76h-6z" fill={palette.light} />
      <path d="M64 128h68v7H64zM64 116h68v4H64z" fill={palette.light} />
      <path
        d="M68 146v10M76 146v10M84 146v10M92 146v10M100 146v10M108 146v10M116 146v10M124 146v10"
        stroke={palette.shade}
        strokeWidth="3.4"
        strokeLinecap="round"
      />
    </>
  )
}

export function Desk({ palette, seed }: DrawingProps) {
  const random = createRandom(seed)
  const hour = random.below(12) * 30
  const books = random.below(2) === 1
  return (
    <>
      <path d="M34 126h10l-6 54h-8zM156 126h10l4 54h-8z" fill={palette.onMain} />
      <rect x="24" y="114" width="152" height="14" rx="4" fill={palette.main} />
      <path d="M24 122h152v2a4 4 0 0 1-4 4H28a4 4 0 0 1-4-4z" fill={palette.shade} />
      <rect x="104" y="128" width="50" height="24" rx="3" fill={palette.shade} />
      <circle cx="129" cy="140" r="3" fill={palette.light} />
      <path d="M74 98h22l4 16H70z" fill={palette.onMain} />
      <rect x="50" y="48" width="70" height="52" rx="5" fill={palette.onMain} />
      <rect x="56" y="54" width="58" height="40" rx="2" fill={palette.light} />
      <path
        d="M56 86l16-16 12 10 14-18 16 20v10a2 2 0 0 1-2 2H58a2 2 0 0 1-2-2z"
        fill={palette.main}
        opacity=".8"
      />
      {books ? (
        <>
          <rect x="132" y="78" width="9" height="36" rx="1.5" fill={palette.shade} />
          <rect x="142" y="70" width="10" height="44" rx="1.5" fill={palette.main} />
          <path d="M154 75l9-2 8 40-9 1.6z" fill={palette.light} />
        </>
      ) : (
        <>
          <circle cx="149" cy="94" r="19" fill={palette.shade} />
          <circle cx="149" cy="94" r="14" fill={palette.light} />
          <g stroke={palette.onMain} strokeWidth="2.6" strokeLinecap="round">
            <path d="M149 94v-9" transform={`rotate(${hour} 149 94)`} />
            <path d="M149 94h6" />
          </g>
        </>
      )}
    </>
  )
}
