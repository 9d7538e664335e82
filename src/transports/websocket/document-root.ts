import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { asError, ConfigError } from '../../core/api/errors.js'

/** Files that a document root may have; a folder with more is a mistake. */
const MAX_FILES = 10_000
const INDEX = 'index.html'
const NOT_FOUND_PAGE = Buffer.from('<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n')
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/**
 * What those see who do not come for the tunnel: files of a folder, and one fixed page for all the rest. The
 * folder's names are read once, so a request can only name what was found there: no `..`, no link leads out.
 */
export class DocumentRoot {
  readonly #files: ReadonlyMap<string, string>

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files
  }

  /** @throws ConfigError where the folder cannot be read, or has too many files. */
  static async open(folder: string | undefined): Promise<DocumentRoot> {
    const files = new Map<string, string>()
    if (folder !== undefined) {
      try {
        await collect(folder, '/', files)
      } catch (thrown) {
        throw new ConfigError(`Cannot serve the document root ${folder}: ${asError(thrown).message}`, {
          code: 'ERR_CONFIG_VALUE',
          cause: thrown,
        })
      }
    }
    return new DocumentRoot(files)
  }

  /** Answers a request, and has the connection close afterwards. */
  answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Connection', 'close')
    const file =
      method === 'GET' || method === 'HEAD' ? this.#files.get(decoded(url.split('?')[0]!)) : undefined
    if (file === undefined) {
      notFound(response)
    } else if (method === 'HEAD') {
      response.setHeader('Content-Type', typeOf(file)).end()
    } else {
      const stream = createReadStream(file)
      stream.once('error', () => notFound(response))
      stream.once('open', () => {
        response.setHeader('Content-Type', typeOf(file))
        pipeline(stream, response, () => {}) // a visitor who leaves is not an error
      })
    }
  }
}

/** Regular files only: symbolic links are not followed. */
async function collect(folder: string, path: string, files: Map<string, string>): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = join(folder, entry.name)
    if (entry.isDirectory()) await collect(full, `${path}${entry.name}/`, files)
    else if (entry.isFile()) {
      if (files.size >= MAX_FILES) throw new Error(`it has more than ${MAX_FILES} files`)
      files.set(path + entry.name, full)
      if (entry.name === INDEX) files.set(path, full)
    }
  }
}

function notFound(response: ServerResponse): void {
  if (response.headersSent) return
  response.writeHead(404, { 'Content-Type': TYPES['.html'], 'Content-Length': NOT_FOUND_PAGE.length })
  response.end(NOT_FOUND_PAGE)
}

function typeOf(file: string): string {
  return TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream'
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
