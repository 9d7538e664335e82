import fs from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { asError, ConfigError } from '../../core/api/errors.js'
import { openBelow } from '../../native/files/open-below.js'
import { requestPath } from './requests/request-path.js'

/** Files that a document root may have; a folder with more is a mistake. */
const MAX_FILES = 10_000
/** Bytes that are read of a file at a time: a visitor who reads slowly has this end hold no more. */
const PIECE = 8 * 1024
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
 * folder's names are read once, so a request can only name what was found there. Whatever bears such a name later, only
 * a regular file below the folder is shown: no `..`, no link leads out, and nothing is waited for.
 */
export class DocumentRoot {
  /** A descriptor of the folder; undefined if there is none, or no more. */
  #folder: number | undefined
  /** Paths below the folder, by what a request names. */
  readonly #files: ReadonlyMap<string, string>

  private constructor(folder: number | undefined, files: ReadonlyMap<string, string>) {
    this.#folder = folder
    this.#files = files
  }

  /** @throws ConfigError where the folder cannot be read, or has too many files. */
  static async open(folder: string | undefined): Promise<DocumentRoot> {
    const files = new Map<string, string>()
    let opened: number | undefined
    if (folder !== undefined) {
      try {
        opened = fs.openSync(folder, fs.constants.O_DIRECTORY)
        await collect(`/proc/self/fd/${opened}`, '', files)
      } catch (thrown) {
        if (opened !== undefined) fs.closeSync(opened)
        throw new ConfigError(`Cannot serve the document root ${folder}: ${asError(thrown).message}`, {
          code: 'ERR_CONFIG_VALUE',
          cause: thrown,
        })
      }
    }
    return new DocumentRoot(opened, files)
  }

  /** Shows no file any more. Idempotent. */
  close(): void {
    if (this.#folder !== undefined) fs.closeSync(this.#folder)
    this.#folder = undefined
  }

  /** Answers a request, and has the connection close afterwards. */
  answer({ method, url }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Connection', 'close')
    const file =
      method === 'GET' || method === 'HEAD' ? this.#files.get(decoded(requestPath(url))) : undefined
    const fd = file === undefined ? undefined : this.#openFile(file)
    if (file === undefined || fd === undefined) {
      notFound(response)
      return
    }
    const stream = fs.createReadStream('', { fd, highWaterMark: PIECE })
    response.setHeader('Content-Type', typeOf(file))
    if (method === 'HEAD') {
      stream.destroy()
      response.end()
    } else pipeline(stream, response, () => {}) // a visitor who leaves is not an error
  }

  /** A descriptor of a regular file, if that is there. */
  #openFile(file: string): number | undefined {
    let fd: number | undefined
    try {
      if (this.#folder !== undefined) fd = openBelow(this.#folder, file)
      if (fd !== undefined && fs.fstatSync(fd).isFile()) return fd
    } catch {
      // it is no longer what it was, or no descriptor is left
    }
    if (fd !== undefined) fs.closeSync(fd)
    return undefined
  }
}

/** Regular files only: symbolic links are not followed. `path` is that below the root, empty or with a slash at its end. */
async function collect(root: string, path: string, files: Map<string, string>): Promise<void> {
  for (const entry of await readdir(join(root, path), { withFileTypes: true })) {
    const below = path + entry.name
    if (entry.isDirectory()) await collect(root, `${below}/`, files)
    else if (entry.isFile()) {
      if (files.size >= MAX_FILES) throw new Error(`it has more than ${MAX_FILES} files`)
      files.set(`/${below}`, below)
      if (entry.name === INDEX) files.set(`/${path}`, below)
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
