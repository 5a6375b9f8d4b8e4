/** Layers of sediment, and the name. */
export function Logo() {
  return (
    <span className="flex items-center gap-2.5">
      <svg viewBox="0 0 64 64" className="size-8 shrink-0" aria-hidden="true">
        <rect width="64" height="64" rx="16" fill="#14606b" />
        <g fill="none" strokeLinecap="round" strokeWidth="6">
          <path d="M14 22c6-6 12-6 18 0s12 6 18 0" stroke="#f3efe6" />
          <path d="M14 34c6-6 12-6 18 0s12 6 18 0" stroke="#e0a526" />
          <path d="M14 46c6-6 12-6 18 0s12 6 18 0" stroke="#8fc7c5" />
        </g>
      </svg>
      <span className="font-display font-semibold text-xl tracking-tight">varve</span>
    </span>
  )
}
