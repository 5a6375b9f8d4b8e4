/**
 * A product's picture: one of twelve drawings, coloured and varied by what the catalogue says. No file is loaded,
 * so it is there offline, sharp at any size, and the same in every screenshot.
 */
import { memo } from 'react'
import type { Art } from '../model/product.ts'
import { Backdrop } from './backdrop.tsx'
import { drawings } from './drawings.ts'
import { paletteOf } from './palette.ts'

interface Props {
  readonly art: Art
  readonly className?: string
}

/** Decorative: the product's name always stands beside it. */
export const ProductArt = memo(function ProductArt({ art, className }: Props) {
  const palette = paletteOf(art.background, art.accent)
  const Drawing = drawings[art.shape]
  return (
    <svg viewBox="0 0 200 200" className={className} aria-hidden="true" focusable="false">
      <rect width="200" height="200" fill={palette.ground} />
      <Backdrop palette={palette} seed={art.seed} />
      <Drawing palette={palette} seed={art.seed} />
    </svg>
  )
})
