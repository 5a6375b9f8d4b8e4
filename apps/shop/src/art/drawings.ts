/** Which drawing belongs to which shape of the catalogue. */
import type { ComponentType } from 'react'
import type { ArtShape } from '../model/product.ts'
import type { DrawingProps } from './backdrop.tsx'
import { Leaf, Plant } from './drawings-green.tsx'
import { Cup, Drop, Pan } from './drawings-kitchen.tsx'
import { Block, Tent, Wave } from './drawings-play.tsx'
import { Desk, Lamp, Page, Weave } from './drawings-room.tsx'

export const drawings: Readonly<Record<ArtShape, ComponentType<DrawingProps>>> = {
  leaf: Leaf,
  cup: Cup,
  page: Page,
  plant: Plant,
  weave: Weave,
  lamp: Lamp,
  pan: Pan,
  tent: Tent,
  block: Block,
  wave: Wave,
  drop: Drop,
  desk: Desk,
}
