/** A still life for the door: nine of the shop's own pictures. */
import { ProductArt } from '../art/product-art.tsx'
import type { Art } from '../model/product.ts'

const pictures: readonly Art[] = [
  { shape: 'cup', background: '#1f2a44', accent: '#e0a526', seed: 11 },
  { shape: 'leaf', background: '#f3efe6', accent: '#6b7d4f', seed: 5 },
  { shape: 'lamp', background: '#b5664a', accent: '#f3efe6', seed: 9 },
  { shape: 'plant', background: '#d79aa2', accent: '#6b7d4f', seed: 2 },
  { shape: 'wave', background: '#2f8f9d', accent: '#1f2a44', seed: 4 },
  { shape: 'tent', background: '#e0a526', accent: '#6d3b5e', seed: 8 },
  { shape: 'page', background: '#a3b899', accent: '#a6432b', seed: 3 },
  { shape: 'pan', background: '#6d3b5e', accent: '#3a3d40', seed: 6 },
  { shape: 'weave', background: '#a9b4bd', accent: '#a6432b', seed: 7 },
]

export function SignInArt() {
  return (
    <div aria-hidden="true" className="hidden grid-cols-3 gap-4 md:grid">
      {pictures.map((art) => (
        <ProductArt key={art.shape} art={art} className="w-full rounded-3xl" />
      ))}
    </div>
  )
}
