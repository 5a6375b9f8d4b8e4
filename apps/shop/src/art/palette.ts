/**
 * The colours of one picture, derived from the two that the catalogue gives. Two catalogue colours may be close
 * to each other; the object must still stand out, so it moves away from the ground until it does.
 */
import { contrast, luminance, mix } from './colour.ts'

const chalk = '#fbf7ee'
const ink = '#23252b'
const standOutMin = 1.9

export interface Palette {
  readonly ground: string
  /** The table that things stand on. */
  readonly floor: string
  /** The large quiet form behind. */
  readonly backdrop: string
  readonly main: string
  readonly shade: string
  readonly light: string
  /** Thin lines and small marks. */
  readonly detail: string
  /** Almost white or almost black, whichever is seen on `main`. */
  readonly onMain: string
  readonly shadow: string
}

export function paletteOf(background: string, accent: string): Palette {
  const isDark = luminance(background) < 0.2
  let main = accent
  for (let step = 0; step < 8 && contrast(main, background) < standOutMin; step++) {
    main = mix(main, isDark ? chalk : ink, 0.16)
  }
  return {
    ground: background,
    floor: isDark ? mix(background, '#000000', 0.22) : mix(background, ink, 0.1),
    backdrop: isDark ? mix(background, chalk, 0.13) : mix(background, '#ffffff', 0.38),
    main,
    shade: mix(main, ink, 0.26),
    light: mix(main, chalk, 0.36),
    detail: isDark ? mix(background, chalk, 0.72) : mix(background, ink, 0.68),
    onMain: luminance(main) > 0.34 ? mix(main, ink, 0.7) : mix(main, chalk, 0.82),
    shadow: isDark ? mix(background, '#000000', 0.45) : mix(background, ink, 0.22),
  }
}
