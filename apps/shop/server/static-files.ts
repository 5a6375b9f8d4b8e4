/**
 * Serves the built shop from one folder. Files with a hash in their name are kept for ever by browsers, all others are
 * asked for again each time, so that a new build is seen by the next reload. Paths of the app itself get index.html.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize, sep } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { securityHeaders } from './headers.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}
const compressible = /^(text\/|application\/(json|manifest)|image\/svg)/
const compressMinBytes = 1024
const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

interface StaticFile {
  readonly bytes: Buffer
  readonly type: string
  readonly etag: string
  readonly modifiedMs: number
  readonly packed: Map<string, Promise<Buffer>>
}

export interface StaticFiles {
  /** Answers GET and HEAD; anything else is 405, an unknown file 404. */
  serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>
}

export function createStaticFiles(folder: string): StaticFiles {
  const known = new Map<string, StaticFile>()

  /** The file as it is on disk now, or null. */
  async function find(path: string): Promise<StaticFile | null> {
    const full = join(folder, normalize(path))
    if (!full.startsWith(folder + sep)) return null
    const info = await stat(full).catch(() => null)
    if (info === null || !info.isFile()) return null
    const cached = known.get(full)
    if (cached?.modifiedMs === info.mtimeMs) return cached
    const bytes = await readFile(full)
    const file: StaticFile = {
      bytes,
      type: types[extname(full)] ?? 'application/octet-stream',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
      modifiedMs: info.mtimeMs,
      packed: new Map(),
    }
    known.set(full, file)
    return file
  }

  return {
    async serve(request, response, path) {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return plain(response, 405, 'Method not allowed.')
      const isPage = extname(path) === ''
      const file = await find(isPage ? 'index.html' : path)
      if (file === null) {
        return isPage
          ? plain(response, 503, 'The shop is not built yet: pnpm --filter shop build')
          : plain(response, 404, 'Not found.')
      }
      const forEver = path.startsWith('/assets/')
      const headers: Record<string, string> = {
        ...securityHeaders,
        'content-type': file.type,
        'cache-control': forEver ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag: file.etag,
        vary: 'accept-encoding',
      }
      if (request.headers['if-none-match'] === file.etag) {
        response.writeHead(304, headers).end()
        return
      }
      const encoding = encodingFor(request, file)
      const body = encoding === null ? file.bytes : await pack(file, encoding)
      if (encoding !== null) headers['content-encoding'] = encoding
      headers['content-length'] = String(body.length)
      response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : body)
    },
  }
}

function encodingFor(request: IncomingMessage, { type, bytes }: StaticFile): 'br' | 'gzip' | null {
  if (!compressible.test(type) || bytes.length < compressMinBytes) return null
  const accepted = String(request.headers['accept-encoding'] ?? '')
  if (/\bbr\b/.test(accepted)) return 'br'
  return /\bgzip\b/.test(accepted) ? 'gzip' : null
}

/** Packed once, on first demand. */
function pack(file: StaticFile, encoding: 'br' | 'gzip'): Promise<Buffer> {
  const packed = file.packed.get(encoding)
  if (packed !== undefined) return packed
  const packing =
    encoding === 'br'
      ? brotli(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
      : zip(file.bytes)
  file.packed.set(encoding, packing)
  return packing
}

function plain(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' })
    .end(`${text}\n`)
}
