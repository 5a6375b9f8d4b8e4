// Draws the PNG icons from public/favicon.svg with Chromium; run it by hand when the drawing changed:
//   node scripts/run.mjs exec node apps/shop/scripts/icons.mjs
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { chromiumLaunch } from '../../../scripts/chromium.mjs'

const folder = fileURLToPath(new URL('../public/', import.meta.url))
const svg = readFileSync(`${folder}favicon.svg`, 'utf8')
const icons = [
  { name: 'icon-192.png', size: 192, maskable: false },
  { name: 'icon-512.png', size: 512, maskable: false },
  { name: 'icon-maskable-512.png', size: 512, maskable: true },
]

const browser = await chromium.launch(chromiumLaunch())
for (const { name, size, maskable } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  // A maskable icon is cut to any shape by the system: its ground reaches the edge, its drawing stays inside.
  const ground = maskable ? '#14606b' : 'transparent'
  const scale = maskable ? 0.78 : 1
  await page.setContent(
    `<style>*{margin:0}body{background:${ground};display:grid;place-items:center;height:100vh}svg{width:${size * scale}px;height:${size * scale}px}</style>${svg}`,
  )
  await page.screenshot({ path: folder + name, omitBackground: true })
  await page.close()
}
await browser.close()
