/** Buttons and links that look like buttons: one set of looks. */
import type { ComponentProps } from 'react'

type Look = 'primary' | 'quiet' | 'plain' | 'danger'
type Size = 'small' | 'normal' | 'large'

const base =
  'inline-flex items-center justify-center gap-2 rounded-full font-medium whitespace-nowrap transition-colors ' +
  'disabled:cursor-not-allowed disabled:opacity-55'
const looks: Record<Look, string> = {
  primary: 'bg-accent text-accent-ink enabled:hover:bg-accent-hover [a&]:hover:bg-accent-hover',
  quiet:
    'border border-line bg-surface text-ink enabled:hover:border-line-strong [a&]:hover:border-line-strong',
  plain: 'text-accent enabled:hover:bg-accent-soft [a&]:hover:bg-accent-soft',
  danger: 'text-bad enabled:hover:bg-bad-soft',
}
const sizes: Record<Size, string> = {
  small: 'min-h-9 px-3.5 text-sm',
  normal: 'min-h-11 px-5',
  large: 'min-h-12 px-7 text-lg',
}

export function buttonClass({
  look = 'primary',
  size = 'normal',
}: {
  look?: Look
  size?: Size
} = {}): string {
  return `${base} ${looks[look]} ${sizes[size]}`
}

interface Props extends ComponentProps<'button'> {
  readonly look?: Look
  readonly size?: Size
}

export function Button({ look = 'primary', size = 'normal', className = '', ...rest }: Props) {
  return <button type="button" className={`${buttonClass({ look, size })} ${className}`} {...rest} />
}
