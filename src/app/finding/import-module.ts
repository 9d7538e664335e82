import { fileURLToPath } from 'node:url'
import { asError } from '../../core/api/errors.js'
import type { Clock } from '../../core/time/clock.js'
import { inTime } from '../../core/time/in-time.js'
import { syntaxPlace } from './syntax-place.js'

/** Milliseconds that a module may take, what it awaits at its top included. */
export const IMPORT_LIMIT = 10_000

/** How the stack of an error begins that is about a place in a module: its path or URL, and the line. */
const PLACE = /^(?:file:\/\/)?(\/[^\n]*):(\d+)\n/

/** What Node says of the syntax of an ES module in one that its name, or its package.json, makes CommonJS. */
const MIXED = /^Unexpected token 'export'$|^Cannot use import statement outside a module$/
const MIXED_ADVICE = 'Node takes it for CommonJS; name it .mjs, or have its package.json say "type": "module"'

/** Imports a module. Throws an Error in one line, which names file and line if its syntax is wrong. */
export async function importModule(url: string, clock: Clock): Promise<unknown> {
  const importing: Promise<unknown> = import(url)
  let isOver: boolean
  try {
    isOver = await inTime(clock, IMPORT_LIMIT, importing)
  } catch (thrown) {
    throw new Error(`'import' failed: ${whyOf(url, thrown)}`, { cause: thrown })
  }
  if (isOver) return importing
  throw new Error(`'import' did not end within ${IMPORT_LIMIT / 1_000} s`)
}

function whyOf(url: string, thrown: unknown): string {
  const error = asError(thrown)
  const [message] = error.message.split('\n')
  if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(url)) {
    return `Node ${process.versions.node} strips no types; it takes 22.18 or later, or a module in JavaScript`
  }
  if (error.name !== 'SyntaxError') return message!
  const [, path, line] = PLACE.exec(error.stack ?? '') ?? []
  const place = path === undefined ? syntaxPlace(fileURLToPath(url)) : `${path}:${line}`
  const why = MIXED.test(message!) ? `${message}; ${MIXED_ADVICE}` : message!
  return place === undefined ? why : `${place}: ${why}`
}
